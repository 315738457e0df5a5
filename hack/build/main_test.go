package main

import (
	"strings"
	"testing"
)

func TestBuild_UnknownProgram_NamesThoseThatThereAre(t *testing.T) {
	err := build([]string{"etcd"})
	if err == nil || !strings.Contains(err.Error(), `building "etcd": it is not one of controlplane, helm, kubectl`) {
		t.Errorf("got %v, want an error that names the programs", err)
	}
}
