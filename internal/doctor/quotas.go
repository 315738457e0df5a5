package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

type quotas interface {
	VCPUsInUse(context.Context, ecs.Location) (map[inspect.VCPUQuota]float64, error)
	Quota(context.Context, ecs.Location, inspect.VCPUQuota) (float64, error)
}

// unitsPerVCPU is how many CPU units make a vCPU.
const unitsPerVCPU = 1024

// checkQuotas checks how many more tasks the account's quotas have room for.
func (e *examination) checkQuotas(ctx context.Context) []Finding {
	quotas := e.quotasInUse()
	if len(quotas) == 0 {
		return nil
	}
	used, err := e.aws.VCPUsInUse(ctx, e.loc)
	if err != nil {
		return []Finding{e.unanswered("quota", err)}
	}
	var findings []Finding
	for _, quota := range quotas {
		limit, err := e.aws.Quota(ctx, e.loc, quota)
		if err != nil {
			findings = append(findings, e.unanswered("quota", err))
			continue
		}
		findings = append(findings, e.judgeQuota(quota, limit, used[quota]))
	}
	return findings
}

func (e *examination) judgeQuota(quota inspect.VCPUQuota, limit, used float64) Finding {
	task := float64(cmp.Or(e.template.CPU, e.found.Definition.CPU)) / unitsPerVCPU
	kind := "on demand"
	if quota == inspect.SpotVCPUs {
		kind = "Spot"
	}
	room := fmt.Sprintf("the account may use %g vCPUs of Fargate %s in %s, the tasks of cluster %s use %g", limit, kind, e.loc.Region, e.loc.Cluster, used)
	full := Finding{
		Level: Warning, Subject: "quota", What: fmt.Sprintf("%s: no room for a task of %g vCPU", room, task),
		Why: "a job waits until others have ended, and fails after its launch deadline",
		Fix: fmt.Sprintf("aws service-quotas request-service-quota-increase --region %s --service-code fargate --quota-code %s --desired-value %g",
			e.loc.Region, quota, max(2*limit, 2*task)),
	}
	switch {
	case limit < task:
		full.Level, full.Why = Failure, "no task can start"
		return full
	case limit-used < task:
		return full
	case task == 0:
		return okf("quota", "%s", room)
	}
	return okf("quota", "%s: room for %d more tasks of %g vCPU", room, int((limit-used)/task), task)
}

// quotasInUse are the quotas that tasks of the template count against.
func (e *examination) quotasInUse() []inspect.VCPUQuota {
	var places []string
	for _, placement := range e.template.Capacity {
		places = append(places, placement.LaunchType)
		for _, item := range placement.Strategy {
			places = append(places, item.Provider)
		}
	}
	if len(places) == 0 && e.found.Cluster != nil {
		places = e.found.Cluster.DefaultStrategy
	}
	var quotas []inspect.VCPUQuota
	if slices.Contains(places, "FARGATE") {
		quotas = append(quotas, inspect.OnDemandVCPUs)
	}
	if slices.Contains(places, "FARGATE_SPOT") {
		quotas = append(quotas, inspect.SpotVCPUs)
	}
	return quotas
}
