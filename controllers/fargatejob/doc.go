// Package fargatejob takes each FargateJob object through its life, records and
// reports what happens to it, and lets the object go once its task is stopped.
// controller.go is the table of contents; the steps themselves are
// internal/lifecycle's.
package fargatejob
