output "vpc_id" {
  value = aws_vpc.this.id
}

# The subnets are ready when there is a way out of them.
output "subnet_ids" {
  value      = aws_subnet.private[*].id
  depends_on = [aws_route.private, aws_route_table_association.private, aws_vpc_endpoint.s3, aws_vpc_endpoint.interface]
}
