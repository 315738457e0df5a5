variable "name" {
  description = "The name of the ECS cluster and of the task definition's family, and the prefix of all other names."
  type        = string
  default     = "ci"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.name))
    error_message = "name must begin with a lower case letter and have at most 31 lower case letters, digits and hyphens."
  }
}

variable "role_name_prefix" {
  description = "What the names of the roles begin with, before name. Empty if no rule of the account demands anything."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]*$", var.role_name_prefix)) && length("${var.role_name_prefix}${var.name}-execution") <= 64
    error_message = "role_name_prefix must have letters, digits and _+=,.@- only, and at most 54 characters together with name: names of roles have 64."
  }
}

variable "permissions_boundary" {
  description = "The ARN of the policy that limits what the roles may do, as some accounts demand. Null if there is none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of a policy in IAM, such as arn:aws:iam::111122223333:policy/boundary, or null."
  }
}

variable "tags" {
  description = "Tags for everything that is created."
  type        = map(string)
  default     = {}
}

# The tasks.

variable "image" {
  description = "The task image, with an SSH server in it: see docs/task-images.md."
  type        = string
}

variable "cpu" {
  description = "The tasks' size in CPU units, 1024 to a vCPU."
  type        = number
  default     = 1024

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "cpu must be 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "The tasks' memory in MiB. Fargate offers only some combinations of cpu and memory."
  type        = number
  default     = 2048

  validation {
    condition     = var.memory >= 512 && var.memory <= 122880
    error_message = "memory must be 512 to 122880 MiB."
  }
}

variable "ephemeral_storage_gib" {
  description = "The tasks' disk in GiB, 21 to 200. Null means Fargate's own 20."
  type        = number
  default     = null

  validation {
    condition     = var.ephemeral_storage_gib == null ? true : var.ephemeral_storage_gib >= 21 && var.ephemeral_storage_gib <= 200
    error_message = "ephemeral_storage_gib must be 21 to 200, or null for Fargate's own 20."
  }
}

variable "architecture" {
  description = "The tasks' processor: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "architecture must be X86_64 or ARM64."
  }
}

variable "capacity_provider" {
  description = "The cluster's default capacity: FARGATE, or FARGATE_SPOT, which AWS may take back."
  type        = string
  default     = "FARGATE"

  validation {
    condition     = contains(["FARGATE", "FARGATE_SPOT"], var.capacity_provider)
    error_message = "capacity_provider must be FARGATE or FARGATE_SPOT."
  }
}

variable "ssh_username" {
  description = "The user that runs the container, and that the runner logs in as."
  type        = string
  default     = "root"
}

variable "ssh_port" {
  description = "The port of the SSH server. Users other than root need one above 1023."
  type        = number
  default     = 22

  validation {
    condition     = var.ssh_port >= (var.ssh_username == "root" ? 1 : 1024) && var.ssh_port <= 65535
    error_message = "ssh_port must be 1 to 65535, and above 1023 unless ssh_username is root."
  }
}

variable "health_check" {
  description = "Whether ECS checks the SSH server's health. With the check, a job starts up to 5 seconds later."
  type        = bool
  default     = true
}

variable "task_role_policy_arns" {
  description = "The policies of the task role: what jobs may do in AWS."
  type        = list(string)
  default     = []
}

variable "ecr_repository_arn" {
  description = "The ECR repository of the image. Null if it comes from elsewhere."
  type        = string
  default     = null
}

variable "registry_secret_arn" {
  description = "The secret in Secrets Manager with the user name and password for a private registry. Null if there is none."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps what the tasks print."
  type        = number
  default     = 30
}

# The network.

variable "vpc_id" {
  description = "The VPC of the tasks. Null creates one."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "The subnets of the tasks, in vpc_id."
  type        = list(string)
  default     = []

  validation {
    condition     = (var.vpc_id == null) == (length(var.subnet_ids) == 0)
    error_message = "subnet_ids and vpc_id go together: set both, or none to have a VPC created."
  }
}

variable "assign_public_ip" {
  description = "Whether tasks get a public address. Public subnets need it, without a NAT gateway, to reach anything."
  type        = bool
  default     = false

  validation {
    condition     = var.vpc_id != null || !var.assign_public_ip
    error_message = "assign_public_ip needs public subnets: set vpc_id and subnet_ids. The VPC that is created has private ones."
  }
}

variable "vpc_cidr" {
  description = "The addresses of the VPC that is created."
  type        = string
  default     = "10.64.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && endswith(var.vpc_cidr, "/16")
    error_message = "vpc_cidr must be an IPv4 range with 16 bits, such as 10.64.0.0/16."
  }
}

variable "egress" {
  description = "How tasks get out of the VPC that is created: nat (to the internet) or endpoints (to ECR, S3, CloudWatch Logs and Secrets Manager only)."
  type        = string
  default     = "nat"

  validation {
    condition     = contains(["nat", "endpoints"], var.egress)
    error_message = "egress must be nat or endpoints."
  }
}

variable "runner_security_group_id" {
  description = "The security group of the runner, the only one that may connect to tasks. Null creates one, which the runner then has to be in."
  type        = string
  default     = null
}

# Who starts the tasks.

variable "mode" {
  description = "Who starts the tasks: the controller (kubernetes) or the executor on the runner (standalone)."
  type        = string
  default     = "kubernetes"

  validation {
    condition     = contains(["kubernetes", "standalone"], var.mode)
    error_message = "mode must be kubernetes or standalone."
  }
}

variable "trust" {
  description = "How the controller or the executor gets its role: pod_identity (EKS), irsa (EKS) or instance_profile (EC2)."
  type        = string
  default     = "pod_identity"

  validation {
    condition     = contains(["pod_identity", "irsa", "instance_profile"], var.trust)
    error_message = "trust must be pod_identity, irsa or instance_profile."
  }
}

variable "eks_cluster" {
  description = "The EKS cluster, for pod_identity."
  type        = string
  default     = null

  validation {
    condition     = (var.eks_cluster != null) == (var.trust == "pod_identity")
    error_message = "eks_cluster and trust = \"pod_identity\" go together."
  }
}

variable "oidc_provider_arn" {
  description = "The EKS cluster's OIDC provider in IAM, for irsa."
  type        = string
  default     = null

  validation {
    condition     = (var.oidc_provider_arn != null) == (var.trust == "irsa")
    error_message = "oidc_provider_arn and trust = \"irsa\" go together."
  }
}

variable "namespace" {
  description = "The namespace of the service account that gets the role."
  type        = string
  default     = "fargate-operator"
}

variable "service_account" {
  description = "The service account that gets the role."
  type        = string
  default     = "fargate-operator"
}

variable "job_namespace" {
  description = "The namespace of the runner and its jobs."
  type        = string
  default     = "ci"
}
