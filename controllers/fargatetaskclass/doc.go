// Package fargatetaskclass checks each FargateTaskClass against AWS and reports
// in its conditions what must be fixed before jobs can use it. It changes
// nothing in AWS, and jobs do not wait for it. controller.go is the table of
// contents.
package fargatetaskclass
