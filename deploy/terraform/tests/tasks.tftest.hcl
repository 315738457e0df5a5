mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image       = "registry.example.com/ci:1"
  eks_cluster = "platform"
}

run "cluster_has_a_default_strategy" {
  assert {
    condition     = toset(aws_ecs_cluster_capacity_providers.this.capacity_providers) == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "The cluster must have both capacity providers."
  }
  assert {
    condition     = one(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy).capacity_provider == "FARGATE"
    error_message = "The default strategy must be FARGATE."
  }
}

run "container_is_what_the_executor_expects" {
  assert {
    condition = alltrue([for c in jsondecode(aws_ecs_task_definition.this.container_definitions) :
      c.name == "ci-coordinator" && c.image == "registry.example.com/ci:1" && c.user == "root" && c.portMappings[0].containerPort == 22
    ])
    error_message = "The container must be called ci-coordinator and map the SSH port."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options["awslogs-group"] == output.log_group
    error_message = "The container must write to the log group."
  }
  assert {
    condition     = aws_cloudwatch_log_group.tasks.retention_in_days == 30
    error_message = "Logs must not be kept forever."
  }
}

run "options_of_the_container" {
  variables {
    health_check          = false
    ssh_username          = "ci"
    ssh_port              = 2222
    registry_secret_arn   = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry"
    ecr_repository_arn    = "arn:aws:ecr:eu-west-1:111122223333:repository/ci"
    ephemeral_storage_gib = 50
    architecture          = "ARM64"
    capacity_provider     = "FARGATE_SPOT"
    task_role_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  }
  assert {
    condition = alltrue([for c in jsondecode(aws_ecs_task_definition.this.container_definitions) :
      !can(c.healthCheck) && c.user == "ci" && c.environment == [{ name = "SSH_PORT", value = "2222" }] && endswith(c.repositoryCredentials.credentialsParameter, ":registry")
    ])
    error_message = "The container must have what the variables say."
  }
  assert {
    condition     = toset([for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid]) == toset(["WriteLog", "PullImage", "LogInToECR", "ReadRegistrySecret"])
    error_message = "The execution role must be able to pull the image."
  }
  assert {
    condition     = one(aws_ecs_task_definition.this.ephemeral_storage).size_in_gib == 50 && one(aws_ecs_task_definition.this.runtime_platform).cpu_architecture == "ARM64"
    error_message = "The tasks must have the disk and the processor that the variables say."
  }
  assert {
    condition     = one(values(aws_iam_role_policy_attachment.task)).role == output.task_role_name
    error_message = "The policies must be attached to the task role."
  }
}

run "without_ecr_the_execution_role_writes_logs_only" {
  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid] == ["WriteLog"]
    error_message = "The execution role must not have more permissions than it needs."
  }
}
