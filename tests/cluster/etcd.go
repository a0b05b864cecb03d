package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcd runs one member that trades safety for speed: nothing that the tests store outlives them.
func etcd() int {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	dir := flags.String("data-dir", "", "where the data goes")
	client := flags.String("listen-client-url", "", "for example http://127.0.0.1:2379 or unix:///run/etcd.sock")
	peer := flags.String("listen-peer-url", "", "nobody calls it, but a member must have one")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return 2
	}
	config := embed.NewConfig()
	config.Dir = *dir
	for _, u := range []struct {
		text  string
		lists []*[]url.URL
	}{
		{*client, []*[]url.URL{&config.ListenClientUrls, &config.AdvertiseClientUrls}},
		{*peer, []*[]url.URL{&config.ListenPeerUrls, &config.AdvertisePeerUrls}},
	} {
		parsed, err := url.Parse(u.text)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		for _, list := range u.lists {
			*list = []url.URL{*parsed}
		}
	}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	config.LogLevel = "warn"
	// Thousands of nodes and ten thousands of pods.
	config.QuotaBackendBytes = 8 << 30
	config.MaxTxnOps = 10000
	server, err := embed.StartEtcd(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 1
	}
	defer server.Close()
	select {
	case <-server.Server.ReadyNotify():
		fmt.Fprintln(os.Stderr, "etcd: ready")
	case <-server.Server.StopNotify():
		fmt.Fprintln(os.Stderr, "etcd: stopped before it was ready")
		return 1
	}
	if err := <-server.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 1
	}
	return 0
}
