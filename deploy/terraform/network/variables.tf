variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "egress" {
  type = string
}

variable "tags" {
  type = map(string)
}
