mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image       = "registry.example.com/ci:1"
  eks_cluster = "platform"
}

run "names" {
  command = plan
  variables {
    name = "CLUSTER"
  }
  expect_failures = [var.name]
}

run "sizes" {
  command = plan
  variables {
    cpu                   = 1000
    memory                = 100
    ephemeral_storage_gib = 20
    architecture          = "arm"
    capacity_provider     = "SPOT"
  }
  expect_failures = [var.cpu, var.memory, var.ephemeral_storage_gib, var.architecture, var.capacity_provider]
}

run "networks" {
  command = plan
  variables {
    subnet_ids       = ["subnet-1"]
    assign_public_ip = true
    vpc_cidr         = "10.0.0.0/24"
    egress           = "none"
  }
  expect_failures = [var.subnet_ids, var.assign_public_ip, var.vpc_cidr, var.egress]
}

run "low_port_of_a_user_other_than_root" {
  command = plan
  variables {
    ssh_username = "ci"
  }
  expect_failures = [var.ssh_port]
}

run "identities" {
  command = plan
  variables {
    mode              = "docker"
    trust             = "irsa"
    oidc_provider_arn = null
  }
  expect_failures = [var.mode, var.eks_cluster, var.oidc_provider_arn]
}

run "trust" {
  command = plan
  variables {
    trust       = "keys"
    eks_cluster = null
  }
  expect_failures = [var.trust]
}

run "roles" {
  command = plan
  variables {
    role_name_prefix     = "app/"
    permissions_boundary = "boundary"
  }
  expect_failures = [var.role_name_prefix, var.permissions_boundary]
}

run "long_names_of_roles" {
  command = plan
  variables {
    name             = "a123456789012345678901234567890"
    role_name_prefix = "b12345678901234567890123"
  }
  expect_failures = [var.role_name_prefix]
}
