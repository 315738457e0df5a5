locals {
  vpc_id                   = var.vpc_id == null ? module.network[0].vpc_id : var.vpc_id
  subnet_ids               = var.vpc_id == null ? module.network[0].subnet_ids : var.subnet_ids
  runner_security_group_id = var.runner_security_group_id == null ? aws_security_group.runner[0].id : var.runner_security_group_id
}

module "network" {
  source = "./network"
  count  = var.vpc_id == null ? 1 : 0

  name   = var.name
  cidr   = var.vpc_cidr
  egress = var.egress
  tags   = var.tags
}

# Only the runner can reach the tasks, over SSH; not even other tasks can.
resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "CI jobs on Fargate"
  vpc_id      = local.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-tasks" })
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "SSH from the runner"
  referenced_security_group_id = local.runner_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.ssh_port
  to_port                      = var.ssh_port
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  security_group_id = aws_security_group.tasks.id
  description       = "What jobs need"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = var.tags
}

resource "aws_security_group" "runner" {
  count = var.runner_security_group_id == null ? 1 : 0

  name        = "${var.name}-runner"
  description = "GitLab runner, which connects to CI jobs on Fargate"
  vpc_id      = local.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-runner" })
}

resource "aws_vpc_security_group_egress_rule" "runner" {
  count = var.runner_security_group_id == null ? 1 : 0

  security_group_id = aws_security_group.runner[0].id
  description       = "GitLab, AWS and the tasks"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = var.tags
}
