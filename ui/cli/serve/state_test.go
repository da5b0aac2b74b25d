package serve

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"paceline/queue"
	"paceline/ui/cli/command"
)

// What was counted is there again after a restart, at the same address, in front
// of the same kind of API.
func TestCountersSurviveARestart(t *testing.T) {
	var said bytes.Buffer
	dir := t.TempDir()
	a := &command.App{Streams: command.Streams{Err: &said}, Env: []string{"XDG_STATE_HOME=" + dir}}
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3000}
	// run is one life of a server; it returns what it found, and does n requests.
	run := func(f flags, at net.Addr, n int) int64 {
		f.addr = at.String()
		p := process{App: a, flags: &f}
		files, restore := p.openState(at)
		q, err := queue.New(queue.DefaultSettings(), restore...)
		if err != nil {
			t.Fatal(err)
		}
		stop := files.keep(q)
		found, told := q.Report().Metrics.Successful, int64(0)
		for _, s := range q.History(time.Time{}, time.Time{}, 0).Slices {
			told += s.Successful
		}
		if told != found {
			t.Errorf("the history tells of %d successes, and the counters of %d", told, found)
		}
		for range n {
			if _, err := queue.Do(context.Background(), q, queue.Request{}, func(context.Context) (int, error) { return 0, nil }); err != nil {
				t.Fatal(err)
			}
		}
		command.StopQueue(q)
		stop()
		return found
	}
	for _, step := range []struct {
		name     string
		flags    flags
		port     int
		requests int
		want     int64
	}{
		{"the first", flags{}, 3000, 1, 0},
		{"the same again", flags{}, 3000, 0, 1},
		{"another port", flags{}, 3001, 0, 0},
		{"a real API", flags{upstreamURL: "https://api.example.com"}, 3000, 0, 0},
		{"without state", flags{noState: true}, 3000, 1, 0},
		{"any port", flags{}, 0, 1, 0},
		{"the first again", flags{}, 3000, 0, 1},
	} {
		at.Port = step.port
		if got := run(step.flags, at, step.requests); got != step.want {
			t.Errorf("%s: found %d successes, want %d", step.name, got, step.want)
		}
	}
	if said.Len() > 0 {
		t.Errorf("said %q, want nothing", said.String())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "paceline", "*_0*.json")); len(files) != 0 {
		t.Errorf("kept %q, want nothing for a port that is another one each time", files)
	}
}
