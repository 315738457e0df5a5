resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([merge(local.container, local.container_options...)])
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_gib[*]
    content {
      size_in_gib = ephemeral_storage.value
    }
  }
}

locals {
  container = {
    name         = "ci-coordinator"
    image        = var.image
    essential    = true
    user         = var.ssh_username
    environment  = [{ name = "SSH_PORT", value = tostring(var.ssh_port) }]
    portMappings = [{ containerPort = var.ssh_port, protocol = "tcp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.tasks.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "job"
      }
    }
  }

  # The SSH server is up within a second or two, so that the shortest interval
  # that ECS knows delays jobs least.
  container_options = concat(
    [for _ in [1] : {
      healthCheck = {
        command  = ["CMD-SHELL", "ssh-keyscan -T 2 -p \"$${SSH_PORT:-22}\" 127.0.0.1 >/dev/null 2>&1"]
        interval = 5
        timeout  = 3
        retries  = 3
      }
    } if var.health_check],
    [for arn in var.registry_secret_arn[*] : { repositoryCredentials = { credentialsParameter = arn } }],
  )
}
