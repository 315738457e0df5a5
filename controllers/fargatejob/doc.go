// Package fargatejob reconciles each FargateJob into one ECS task, its
// addresses and its conditions, and stops the task when the object goes.
// controller.go is the table of contents.
package fargatejob
