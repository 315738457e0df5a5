package ecs

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

func TestDefinitionCache_ExpiredDefinitionsAreDropped(t *testing.T) {
	cache := newDefinitionCache()
	for i := range 10_000 {
		cache.known[fmt.Sprintf("ci:%d", i)] = remembered{until: time.Now().Add(-time.Second)}
	}
	cache.put("ci:10001", Definition{ARN: "ci:10001"})
	if len(cache.known) != 1 {
		t.Errorf("%d definitions are kept, want the one that has not expired", len(cache.known))
	}
	if _, ok := cache.get("ci:10001"); !ok {
		t.Error("the new definition is not known")
	}
}

func TestClients_RegionsAndRolesThatNobodyUsesAreDropped(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	clients := &Clients{}
	for i := range 100 {
		if _, err := clients.at(t.Context(), Location{Region: "us-east-1", AssumeRoleARN: fmt.Sprintf("arn:aws:iam::123456789012:role/r%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	busy := account{region: "us-east-1", assumeRoleARN: "arn:aws:iam::123456789012:role/r7"}
	for key, r := range clients.accounts {
		if key != busy {
			r.used = r.used.Add(-accountTTL)
		}
	}
	if _, err := clients.at(t.Context(), Location{Region: "eu-west-1"}); err != nil {
		t.Fatal(err)
	}
	if len(clients.accounts) != 2 || clients.accounts[busy] == nil {
		t.Errorf("clients of %d Regions and roles are kept, want the new one and the one in use", len(clients.accounts))
	}
}

func TestObservers_StartedTwice_Refuse(t *testing.T) {
	observers := NewObservers(&Clients{}, DefaultCadence, logr.Discard())
	observers.ctx = t.Context()
	if err := observers.Start(t.Context()); err == nil {
		t.Error("observers that run were started again")
	}
}
