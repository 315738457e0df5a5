output "cluster" {
  description = "The ECS cluster's name."
  value       = aws_ecs_cluster.this.name
}

output "task_definition" {
  description = "The task definition's family. Its latest revision is used."
  value       = aws_ecs_task_definition.this.family
}

output "vpc_id" {
  description = "The VPC of the tasks."
  value       = local.vpc_id
}

output "subnet_ids" {
  description = "The subnets of the tasks."
  value       = local.subnet_ids
}

output "task_security_group_id" {
  description = "The security group of the tasks."
  value       = aws_security_group.tasks.id
}

output "runner_security_group_id" {
  description = "The security group that the runner has to be in."
  value       = local.runner_security_group_id
}

output "role_arn" {
  description = "The role of the controller, or of the executor without Kubernetes. With irsa, annotate the service account with it."
  value       = aws_iam_role.starter.arn
}

output "instance_profile" {
  description = "The instance profile for the runner's EC2 instance, with trust = \"instance_profile\"."
  value       = one(aws_iam_instance_profile.starter[*].name)
}

output "task_role_name" {
  description = "The role of the jobs. Attach policies to it to let jobs use AWS."
  value       = aws_iam_role.task.name
}

output "log_group" {
  description = "The CloudWatch log group of the tasks."
  value       = aws_cloudwatch_log_group.tasks.name
}

output "fargate_task_class" {
  description = "The FargateTaskClass for these tasks, for kubectl apply."
  value = yamlencode({
    apiVersion = "ci.fargate-operator.dev/v1alpha1"
    kind       = "FargateTaskClass"
    metadata   = { name = "default", namespace = var.job_namespace }
    spec = {
      region         = local.region
      cluster        = aws_ecs_cluster.this.name
      taskDefinition = aws_ecs_task_definition.this.family
      network = {
        subnets        = local.subnet_ids
        securityGroups = [aws_security_group.tasks.id]
        assignPublicIP = var.assign_public_ip ? "Enabled" : "Disabled"
      }
      ssh = { username = var.ssh_username, port = var.ssh_port }
    }
  })
}

output "fargate_toml" {
  description = "The executor's configuration on the runner."
  value = templatefile("${path.module}/fargate-${var.mode}.toml", {
    region                 = local.region
    cluster                = aws_ecs_cluster.this.name
    task_definition        = aws_ecs_task_definition.this.family
    subnet_ids             = local.subnet_ids
    task_security_group_id = aws_security_group.tasks.id
    assign_public_ip       = var.assign_public_ip
    ssh_username           = var.ssh_username
    ssh_port               = var.ssh_port
    job_namespace          = var.job_namespace
  })
}
