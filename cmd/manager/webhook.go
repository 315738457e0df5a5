package main

import (
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// addWebhook serves the admission check of classes with the certificate in a
// directory. Without a directory it adds nothing.
func (w *wiring) addWebhook(mgr ctrl.Manager) error {
	if w.options.webhookCertDir == "" {
		return nil
	}
	server := webhook.NewServer(webhook.Options{CertDir: w.options.webhookCertDir})
	validator := &fargatetaskclass.Validator{AWS: inspect.New(w.clients), Timeout: fargatetaskclass.DefaultTimeout}
	if err := validator.SetupWithManager(mgr, server); err != nil {
		return fmt.Errorf("adding the admission check of FargateTaskClasses: %w", err)
	}
	return mgr.AddReadyzCheck("webhook", server.StartedChecker())
}
