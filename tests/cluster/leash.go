package main

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// leash is the variable that ties a process to the test that started it: standard input is then a pipe whose other
// end only that test holds, so its end tells that the test is gone, however it went. (A parent death signal would
// not do: it is tied to the parent's thread, and a test runner ends threads all the time.) Its value is a folder to be
// removed then, or "-".
const leash = "CLUSTER_LEASH"

func dieWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		if folder := os.Getenv(leash); folder != "-" {
			_ = os.RemoveAll(folder)
		}
		// A component that shuts down in good order waits for its clients, which are going too.
		os.Exit(3)
	}()
}

// keep runs a program that knows no leash (containerd, say) in a process group of its own and sees to it that the
// whole group ends with the test, and that what `--after COMMAND` says is done last:
//
//	cluster keep [--after 'sh -c line'] -- PROGRAM ARGS...
func keep() int {
	args := os.Args[1:]
	after := ""
	for len(args) > 0 && args[0] != "--" {
		if args[0] == "--after" && len(args) > 1 {
			after, args = args[1], args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		return 2
	}
	// The parent death signal is bound to the thread that starts the child: this one, which lives as long as we do.
	runtime.LockOSThread()
	child := exec.Command(args[1], args[2:]...)
	child.Env = withoutLeash(os.Environ())
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		gone <- syscall.SIGTERM
	}()
	code := 0
	select {
	case err := <-ended:
		if err != nil {
			code = 1
		}
	case <-gone:
		_ = syscall.Kill(-child.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(3 * time.Second):
		}
	}
	_ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
	if after != "" {
		last := exec.Command("sh", "-c", after)
		last.Stdout, last.Stderr = os.Stdout, os.Stderr
		_ = last.Run()
	}
	return code
}

func withoutLeash(env []string) []string {
	out := env[:0]
	for _, e := range env {
		if !strings.HasPrefix(e, leash+"=") {
			out = append(out, e)
		}
	}
	return out
}
