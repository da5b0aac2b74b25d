//go:build unix

package cli_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// piped is a gateway whose stdout and stderr are one pipe.
type piped struct {
	t    *testing.T
	cmd  *exec.Cmd
	pipe *os.File // the end to read from
	base string   // where it answers
}

// servePiped starts a gateway, and reads its pipe up to its address.
func servePiped(t *testing.T, args ...string) *piped {
	t.Helper()
	path, err := exec.LookPath("paceline")
	if err != nil {
		t.Fatal(err)
	}
	pipe, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &piped{t: t, pipe: pipe, cmd: exec.Command(path, append([]string{"serve", "--addr", "127.0.0.1:0", "--users", "0", "--drain", "1s"}, args...)...)}
	p.cmd.Env = environment(t)
	p.cmd.Stdout, p.cmd.Stderr = end, end
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = end.Close()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		_ = pipe.Close()
	})
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		if _, base, ok := strings.Cut(lines.Text(), "ANTHROPIC_BASE_URL="); ok {
			p.base = base
			return p
		}
	}
	t.Fatalf("the gateway said no address: %v", lines.Err())
	return nil
}

// ask sends so many requests for what is not there. Each is a line of the log.
func (p *piped) ask(n int) {
	p.t.Helper()
	client := http.Client{Timeout: patience}
	for i := range n {
		answer, err := client.Get(p.base + "/v1/" + strings.Repeat("X", 300))
		if err != nil {
			p.t.Fatalf("request %d: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			p.t.Fatalf("request %d: got status %d, want 404", i, answer.StatusCode)
		}
	}
}

// chat sends a message, which waits its turn, and wants its answer.
func (p *piped) chat() {
	p.t.Helper()
	client := http.Client{Timeout: patience}
	answer, err := client.Post(p.base+"/api/between/chat", "application/json", strings.NewReader(`{"message": "Hello", "userId": "u"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK || err != nil {
		p.t.Fatalf("got status %d, %s, %v; want the answer", answer.StatusCode, body, err)
	}
}

// terminate sends SIGTERM and wants an end in order.
func (p *piped) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("after SIGTERM: %v, want exit code 0", err)
	}
}

// more is more lines than a pipe and the queue of the log hold.
const more = 6000

// A log driver that reads no more stopped every request, and SIGTERM.
func TestServeWhileNobodyReadsItsLog(t *testing.T) {
	if testing.Short() {
		t.Skip("6,000 requests; TestServeSaysHowManyLinesOfItsLogAreLost begins in the same way")
	}
	t.Parallel()
	p := servePiped(t)
	p.ask(more)
	p.chat()
	p.terminate()
}

func TestServeSaysHowManyLinesOfItsLogAreLost(t *testing.T) {
	t.Parallel()
	for format, pattern := range map[string]struct{ lost, request string }{
		"pretty": {
			`(?m)^❗ \[QUEUE\] (\d+) log lines lost: the log is too slow$`,
			`(?m)^🌐 \[GATEWAY\] 404 GET .* are at /v1/messages$`,
		},
		"json": {
			`(?m)^\{"time":"[^"]+","level":"WARN","msg":"lost","waiting":0,"lines":(\d+)\}$`,
			`(?m)^\{"time":.*"status":404,"method":"GET",.* are at /v1/messages"\}$`,
		},
	} {
		t.Run(format, func(t *testing.T) {
			p := servePiped(t, "--log", format)
			p.ask(more)
			var log transcript
			read := make(chan struct{})
			go func() {
				defer close(read)
				_, _ = io.Copy(&log, p.pipe)
			}()
			lost := regexp.MustCompile(pattern.lost)
			log.until(t.Fatalf, lost)
			p.ask(1)
			p.terminate()
			<-read
			written, missing := len(regexp.MustCompile(pattern.request).FindAll(log.all(), -1)), 0
			for _, groups := range lost.FindAllSubmatch(log.all(), -1) {
				n, err := strconv.Atoi(string(groups[1]))
				if err != nil || n == 0 {
					t.Errorf("got %q", groups[0])
				}
				missing += n
			}
			if written+missing != more+1 {
				t.Errorf("%d lines written and %d lost, want %d in all", written, missing, more+1)
			}
		})
	}
}

// serve 2>&1 | head -1 ended the gateway.
func TestServeOutlivesWhoReadsItsLog(t *testing.T) {
	t.Parallel()
	p := servePiped(t)
	if err := p.pipe.Close(); err != nil {
		t.Fatal(err)
	}
	p.ask(100)
	p.chat()
	p.terminate()
}
