# Runs against a provider that creates nothing: terraform test.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image       = "registry.example.com/ci:1"
  eks_cluster = "platform"
}

run "default_is_a_vpc_with_nat" {
  assert {
    condition     = length(output.subnet_ids) == 2 && length(module.network[0].subnet_ids) == 2
    error_message = "There must be two subnets."
  }
  assert {
    condition     = output.vpc_id == module.network[0].vpc_id
    error_message = "The tasks must be in the VPC that is created."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.ssh.referenced_security_group_id == aws_security_group.runner[0].id
    error_message = "SSH must be allowed from the runner's group."
  }
}

run "network_with_nat" {
  module {
    source = "./network"
  }
  variables {
    name   = "ci"
    cidr   = "10.64.0.0/16"
    egress = "nat"
    tags   = {}
  }
  assert {
    condition     = aws_route.private[0].nat_gateway_id == aws_nat_gateway.this[0].id && length(aws_vpc_endpoint.interface) == 0
    error_message = "The private subnets must have a route to the NAT gateway, and no endpoints that cost."
  }
  assert {
    condition     = aws_nat_gateway.this[0].subnet_id == aws_subnet.public[0].id && aws_route.public[0].gateway_id == aws_internet_gateway.this[0].id
    error_message = "The NAT gateway must be in the public subnet, which has a route to the internet."
  }
  assert {
    condition     = join(" ", concat(aws_subnet.private[*].cidr_block, aws_subnet.public[*].cidr_block)) == "10.64.0.0/18 10.64.64.0/18 10.64.128.0/18"
    error_message = "The subnets must not overlap."
  }
}

run "network_with_endpoints" {
  module {
    source = "./network"
  }
  variables {
    name   = "ci"
    cidr   = "10.64.0.0/16"
    egress = "endpoints"
    tags   = {}
  }
  assert {
    condition     = length(aws_nat_gateway.this) + length(aws_internet_gateway.this) + length(aws_route.private) == 0
    error_message = "There must be no way to the internet."
  }
  assert {
    condition     = join(" ", keys(aws_vpc_endpoint.interface)) == "ecr.api ecr.dkr logs secretsmanager"
    error_message = "ECS must reach ECR, CloudWatch Logs and Secrets Manager."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.64.0.0/16"
    error_message = "Tasks must reach the endpoints."
  }
}

run "existing_network_is_used" {
  variables {
    vpc_id                   = "vpc-1"
    subnet_ids               = ["subnet-1", "subnet-2", "subnet-3"]
    assign_public_ip         = true
    runner_security_group_id = "sg-1"
    ssh_port                 = 2222
  }
  assert {
    condition     = length(module.network) == 0 && length(aws_security_group.runner) == 0
    error_message = "No network and no group of the runner must be created."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.ssh.referenced_security_group_id == "sg-1" && aws_vpc_security_group_ingress_rule.ssh.from_port == 2222 && aws_vpc_security_group_ingress_rule.ssh.to_port == 2222
    error_message = "SSH must be allowed from the runner's group, only on its port."
  }
  assert {
    condition     = yamldecode(output.fargate_task_class).spec.network.assignPublicIP == "Enabled"
    error_message = "The class must assign public addresses."
  }
}
