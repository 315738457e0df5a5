package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
)

// rediscoverPeriod is how soon the garbage collector knows a new custom resource definition. kube-controller-manager
// takes 30 s; a test that installs one and deletes an owner right away would have to wait for that.
const rediscoverPeriod = time.Second

// initialSyncTimeout is how long the garbage collector waits for its caches before it starts to work with those it has.
const initialSyncTimeout = 30 * time.Second

func (m *manager) garbageCollector(ctx context.Context) (loop, error) {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(m.client.Discovery()))
	started := make(chan struct{})
	c, err := garbagecollector.NewGarbageCollector(ctx, m.client, m.metadata, mapper,
		garbagecollector.DefaultIgnoredResources(),
		informerfactory.NewInformerFactory(m.shared,
			metadatainformer.NewSharedInformerFactory(m.metadata, resyncPeriod)),
		started)
	if err != nil {
		return nil, fmt.Errorf("creating the garbage collector: %w", err)
	}
	return func(ctx context.Context) {
		close(started) // run calls the loops after it has started the informers.
		var running sync.WaitGroup
		running.Go(func() { c.Run(ctx, workers, initialSyncTimeout) })
		running.Go(func() { c.Sync(ctx, m.client.Discovery(), rediscoverPeriod) })
		running.Wait()
	}, nil
}
