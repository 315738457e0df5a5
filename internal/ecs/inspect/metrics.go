package inspect

// Operations are the calls that this package makes for the controller, which
// checks classes, by service. It is a table for the same reason as
// ecs.Operations, and a test compares it with the interfaces.
func Operations() map[string][]string {
	return map[string][]string{
		"ECS": {"DescribeClusters", "DescribeTaskDefinition"},
		"EC2": {"DescribeSecurityGroups", "DescribeSubnets"},
	}
}
