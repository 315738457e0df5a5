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
}

run "irsa" {
  variables {
    trust             = "irsa"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123"
    namespace         = "operators"
    service_account   = "fargate"
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
