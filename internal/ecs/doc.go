// Package ecs is the boundary to Amazon ECS and EC2: it launches a job's task,
// observes many tasks in batches, finds their addresses and stops them. Only
// this package and those in it, through Clients, call AWS. It speaks the API's
// own types, TaskTemplate in and TaskStatus out, so that the controller and the
// standalone executor launch through the same code.
package ecs
