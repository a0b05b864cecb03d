// Command cluster is a real Kubernetes in one binary, for the tests: a sub-command for each component, each the
// upstream program unchanged. It is started and stopped by the harness in the Rust files beside this one.
package main

import (
	"context"
	"fmt"
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// components are the programs by the name of their sub-command. Only the chosen one is constructed, since each
// registers flags and metrics that are global to the process.
var components = map[string]func() int{
	"etcd":                    etcd,
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllers.NewControllerManagerCommand()) },
	"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
	"kubelet":                 func() int { return cli.Run(kubelet.NewKubeletCommand(context.Background())) },
	"keep":                    keep,
	"keys":                    keys,
	"validate":                validate,
	"version":                 func() int { fmt.Println(version.Get().GitVersion); return 0 },
}

func main() {
	if len(os.Args) < 2 || components[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: cluster etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|keep|keys|validate|version [flags]")
		os.Exit(2)
	}
	run := components[os.Args[1]]
	if os.Getenv(leash) != "" && os.Args[1] != "keep" {
		dieWithParent()
	}
	os.Args = os.Args[1:]
	os.Exit(run())
}
