//go:build race

package main

// raceDetector is for the agent too, when the tests have it.
const raceDetector = true
