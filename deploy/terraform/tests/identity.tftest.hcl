mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image = "registry.example.com/ci:1"
}

run "pod_identity" {
  variables {
    eks_cluster = "platform"
  }
  assert {
    condition     = jsondecode(aws_iam_role.starter.assume_role_policy).Statement[0].Principal.Service == "pods.eks.amazonaws.com"
    error_message = "EKS must be able to assume the role for a pod."
  }
  assert {
    condition     = aws_eks_pod_identity_association.starter[0].cluster_name == "platform" && aws_eks_pod_identity_association.starter[0].service_account == "fargate-operator"
    error_message = "The controller's service account must get the role."
  }
  assert {
    condition     = length(aws_iam_instance_profile.starter) == 0
    error_message = "There must be no instance profile."
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.task, aws_iam_role.execution, aws_iam_role.starter] : role.permissions_boundary == null])
    error_message = "There must be no boundary that nobody asked for."
  }
  assert {
    condition     = join(" ", [aws_iam_role.task.name, aws_iam_role.execution.name, aws_iam_role.starter.name]) == "ci-task ci-execution ci-starter"
    error_message = "Without a prefix the roles must have the names of the module."
  }
}

run "irsa_with_a_boundary_and_a_prefix" {
  variables {
    trust                = "irsa"
    oidc_provider_arn    = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123"
    namespace            = "operators"
    service_account      = "fargate"
    role_name_prefix     = "App_"
    permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  }
  assert {
    condition = jsondecode(aws_iam_role.starter.assume_role_policy).Statement[0].Condition.StringEquals == {
      "oidc.eks.eu-west-1.amazonaws.com/id/0123:aud" = "sts.amazonaws.com"
      "oidc.eks.eu-west-1.amazonaws.com/id/0123:sub" = "system:serviceaccount:operators:fargate"
    }
    error_message = "Only the service account must be able to assume the role."
  }
  assert {
    condition     = length(aws_eks_pod_identity_association.starter) == 0
    error_message = "There must be no association."
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.task, aws_iam_role.execution, aws_iam_role.starter] : role.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary"])
    error_message = "Every role must have the boundary."
  }
  assert {
    condition     = join(" ", [aws_iam_role.task.name, aws_iam_role.execution.name, aws_iam_role.starter.name, output.task_role_name]) == "App_ci-task App_ci-execution App_ci-starter App_ci-task"
    error_message = "Every role must have the prefix."
  }
  assert {
    condition     = alltrue([for name in ["App_ci-task", "App_ci-execution"] : strcontains(aws_iam_role_policy.starter.policy, "role/${name}\"")])
    error_message = "The policy must let the starter pass the roles by their names."
  }
  assert {
    condition     = aws_ecs_cluster.this.name == "ci"
    error_message = "The prefix is for roles only."
  }
}

run "standalone_on_ec2" {
  variables {
    mode       = "standalone"
    trust      = "instance_profile"
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
  }
  assert {
    condition     = jsondecode(aws_iam_role.starter.assume_role_policy).Statement[0].Principal.Service == "ec2.amazonaws.com" && output.instance_profile == "ci-starter"
    error_message = "The instance must get the role."
  }
  assert {
    condition     = !contains([for s in jsondecode(aws_iam_role_policy.starter.policy).Statement : s.Sid], "CheckClusters")
    error_message = "The executor must have the policy for use without Kubernetes."
  }
}

run "tasks_roles_are_for_ecs_in_this_account" {
  variables {
    eks_cluster = "platform"
  }
  assert {
    condition = alltrue([for role in [aws_iam_role.task, aws_iam_role.execution] :
      jsondecode(role.assume_role_policy).Statement[0].Principal.Service == "ecs-tasks.amazonaws.com" &&
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    ])
    error_message = "Only ECS must be able to assume the roles of tasks."
  }
}
