# The role that starts the tasks: the controller's, or without Kubernetes the
# executor's.
resource "aws_iam_role" "starter" {
  name                 = "${local.role_prefix}-starter"
  description          = "Starts and stops CI jobs on Fargate"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [jsondecode(local.trust_starter[var.trust])] })
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

locals {
  oidc_issuer = try(split("oidc-provider/", var.oidc_provider_arn)[1], "")

  # As JSON, since the values of a map have one type.
  trust_starter = {
    pod_identity = jsonencode({
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = { StringEquals = {
        "aws:RequestTag/eks-cluster-name"           = var.eks_cluster
        "aws:RequestTag/kubernetes-namespace"       = var.namespace
        "aws:RequestTag/kubernetes-service-account" = var.service_account
      } }
    })
    irsa = jsonencode({
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = var.oidc_provider_arn }
      Condition = { StringEquals = {
        "${local.oidc_issuer}:aud" = "sts.amazonaws.com"
        "${local.oidc_issuer}:sub" = "system:serviceaccount:${var.namespace}:${var.service_account}"
      } }
    })
    instance_profile = jsonencode({
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    })
  }
}

# The policy is the one in config/aws, which is generated from the calls that
# the code makes. docs/aws-permissions.md explains the words in capitals.
locals {
  policy_file = "${path.module}/../../config/aws/${var.mode == "kubernetes" ? "controller" : "standalone"}-policy.json"

  policy_with_place = replace(replace(replace(file(local.policy_file),
    "arn:aws:", "arn:${local.partition}:"),
    "REGION", local.region),
  "ACCOUNT", local.account)

  policy = replace(replace(replace(replace(local.policy_with_place,
    "CLUSTER", aws_ecs_cluster.this.name),
    "TASK_ROLE", aws_iam_role.task.name),
    "EXECUTION_ROLE", aws_iam_role.execution.name),
  "LOG_GROUP", aws_cloudwatch_log_group.tasks.name)
}

resource "aws_iam_role_policy" "starter" {
  name   = "start-and-stop-tasks"
  role   = aws_iam_role.starter.id
  policy = local.policy
}

resource "aws_eks_pod_identity_association" "starter" {
  count = var.trust == "pod_identity" ? 1 : 0

  cluster_name    = var.eks_cluster
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.starter.arn
  tags            = var.tags
}

resource "aws_iam_instance_profile" "starter" {
  count = var.trust == "instance_profile" ? 1 : 0

  name = aws_iam_role.starter.name
  role = aws_iam_role.starter.name
  tags = var.tags
}
