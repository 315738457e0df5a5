data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  role_prefix = "${var.role_name_prefix}${var.name}"
}

# Only ECS can assume the roles of tasks, and only for this account.
locals {
  trust_ecs = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })
}

# The task role is the jobs' identity in AWS. Without policies it may do nothing.
resource "aws_iam_role" "task" {
  name                 = "${local.role_prefix}-task"
  description          = "CI jobs on Fargate"
  assume_role_policy   = local.trust_ecs
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy_attachment" "task" {
  for_each = toset(var.task_role_policy_arns)

  role       = aws_iam_role.task.name
  policy_arn = each.value
}

# ECS uses the execution role to pull the image and to write the log.
resource "aws_iam_role" "execution" {
  name                 = "${local.role_prefix}-execution"
  description          = "ECS, when it starts CI jobs on Fargate"
  assume_role_policy   = local.trust_ecs
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "start-tasks"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.tasks.arn}:*"]
      }],
      [for arn in var.ecr_repository_arn[*] : {
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [arn]
      }],
      [for _ in var.ecr_repository_arn[*] : {
        Sid      = "LogInToECR"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      }],
      [for arn in var.registry_secret_arn[*] : {
        Sid      = "ReadRegistrySecret"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [arn]
      }],
    )
  })
}
