//go:build unix

package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// rounds is how often the peers take turns: a noisy machine is noisy for all.
const rounds = 5

// measured is what one peer did over all its rounds.
type measured struct {
	requests int
	took     time.Duration
	cpu      time.Duration
	times    []time.Duration
}

func (m *measured) quantile(q float64) time.Duration {
	slices.Sort(m.times)
	return m.times[int(q*float64(len(m.times)-1))]
}

func newClient(conns int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns, DisableCompression: true}}
}

// load sends n requests over so many connections at once, and adds what it cost.
func (m *measured) load(b *testing.B, p *process, client *http.Client, conns, n int) {
	before := p.usage().CPU
	began := time.Now()
	times := make([][]time.Duration, conns)
	var senders sync.WaitGroup
	for i := range conns {
		senders.Go(func() {
			for range max(n/conns, 1) {
				start := time.Now()
				a, err := client.Do(p.request(""))
				if err != nil {
					b.Error(err)
					return
				}
				got, err := io.Copy(io.Discard, a.Body)
				_ = a.Body.Close()
				if err != nil || a.StatusCode != http.StatusOK || got != int64(len(smallAnswer)) {
					b.Errorf("got %d, %d bytes, %v", a.StatusCode, got, err)
					return
				}
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	senders.Wait()
	m.took += time.Since(began)
	m.cpu += p.usage().CPU - before
	for _, t := range times {
		m.requests += len(t)
		m.times = append(m.times, t...)
	}
}

// BenchmarkRequest compares the gateway, all features on and the pace off, with
// the standard library's reverse proxy over the same transport, and with no proxy
// at all. x-cpu and x-rate are the gateway's figures over the proxy's.
func BenchmarkRequest(b *testing.B) {
	for _, conns := range []int{1, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			upstream := startRole(b, "upstream", "")
			peers := []*process{upstream, startRole(b, "bare", upstream.url), startRole(b, "gateway", upstream.url)}
			results := make([]measured, len(peers))
			client := newClient(conns)
			defer client.CloseIdleConnections()
			for _, p := range peers { // connections are made, code is warm
				new(measured).load(b, p, client, conns, 2000)
			}
			b.ResetTimer()
			for range rounds {
				for i, p := range peers {
					results[i].load(b, p, client, conns, max(b.N/rounds, conns))
				}
			}
			b.StopTimer()
			direct, bare, ours := &results[0], &results[1], &results[2]
			perRequest := func(m *measured) float64 { return float64(m.cpu.Microseconds()) / float64(m.requests) }
			rate := func(m *measured) float64 { return float64(m.requests) / m.took.Seconds() }
			b.ReportMetric(perRequest(ours)/perRequest(bare), "x-cpu")
			b.ReportMetric(rate(ours)/rate(bare), "x-rate")
			b.ReportMetric(perRequest(bare), "bare-cpu-µs/req")
			b.ReportMetric(perRequest(ours), "cpu-µs/req")
			b.ReportMetric(rate(bare), "bare-req/s")
			b.ReportMetric(rate(ours), "req/s")
			for _, q := range []float64{0.50, 0.99} {
				base := direct.quantile(q)
				b.ReportMetric(float64((bare.quantile(q) - base).Microseconds()), fmt.Sprintf("bare-added-p%.0f-µs", 100*q))
				b.ReportMetric(float64((ours.quantile(q) - base).Microseconds()), fmt.Sprintf("added-p%.0f-µs", 100*q))
			}
		})
	}
}

// BenchmarkStreamDelay measures how late an event is that the upstream has sent,
// the first one and the others, without a proxy, through the bare one and ours.
func BenchmarkStreamDelay(b *testing.B) {
	const streams, events = 16, 20
	upstream := startRole(b, "upstream", "")
	names := []string{"direct", "bare", "ours"}
	peers := []*process{upstream, startRole(b, "bare", upstream.url), startRole(b, "gateway", upstream.url)}
	first, later := make([]measured, len(peers)), make([]measured, len(peers))
	client := newClient(streams)
	defer client.CloseIdleConnections()
	for b.Loop() {
		for i, p := range peers {
			var readers sync.WaitGroup
			var mu sync.Mutex
			for range streams {
				readers.Go(func() {
					late := readStream(b, client, p, fmt.Sprintf("?events=%d&every=5ms", events))
					mu.Lock()
					defer mu.Unlock()
					if len(late) != events {
						b.Errorf("%s: %d events came, want %d", names[i], len(late), events)
						return
					}
					first[i].times = append(first[i].times, late[0])
					later[i].times = append(later[i].times, late[1:]...)
				})
			}
			readers.Wait()
		}
	}
	for i, name := range names {
		for _, q := range []float64{0.50, 0.99} {
			b.ReportMetric(float64(first[i].quantile(q).Microseconds()), fmt.Sprintf("%s-first-p%.0f-µs", name, 100*q))
			b.ReportMetric(float64(later[i].quantile(q).Microseconds()), fmt.Sprintf("%s-event-p%.0f-µs", name, 100*q))
		}
	}
}

// readStream reads a stream to its end, and returns how late each event was.
func readStream(b *testing.B, client *http.Client, p *process, query string) (late []time.Duration) {
	a, err := client.Do(p.request(query))
	if err != nil {
		b.Error(err)
		return nil
	}
	defer func() { _ = a.Body.Close() }()
	lines := bufio.NewScanner(a.Body)
	for lines.Scan() {
		_, at, ok := strings.Cut(lines.Text(), `"at":`)
		if !ok {
			continue
		}
		sent, err := strconv.ParseInt(strings.TrimSuffix(at, "}"), 10, 64)
		if err != nil {
			b.Error(err)
		}
		late = append(late, time.Since(time.Unix(0, sent)))
	}
	if err := lines.Err(); err != nil {
		b.Error(err)
	}
	return late
}

// BenchmarkOpenStreams measures the memory of a process with 1,000 streams open,
// each with an event a second.
func BenchmarkOpenStreams(b *testing.B) {
	const streams = 1000
	for _, role := range []string{"bare", "gateway"} {
		b.Run(role, func(b *testing.B) {
			p := startRole(b, role, startRole(b, "upstream", "").url)
			client := newClient(streams)
			defer client.CloseIdleConnections()
			idle := p.memory()
			for b.Loop() {
				open := make([]io.Closer, streams)
				var openers sync.WaitGroup
				for i := range open {
					openers.Go(func() {
						a, err := client.Do(p.request("?events=1000&every=1s")) //nolint:bodyclose // it stays open, and is closed below
						if err != nil {
							b.Error(err)
							return
						}
						open[i] = a.Body
						_, _ = bufio.NewReader(a.Body).ReadString('\n') // the first event is here
					})
				}
				openers.Wait()
				b.ReportMetric(float64(p.memory())/1e6, "MB")
				b.ReportMetric(float64(idle)/1e6, "idle-MB")
				for _, stream := range open {
					if stream != nil {
						_ = stream.Close()
					}
				}
			}
		})
	}
}

// BenchmarkShortStreams lets 10,000 streams go through that the upstream answers
// at once, and counts those that do not come whole.
func BenchmarkShortStreams(b *testing.B) {
	const streams, conns = 10_000, 64
	for _, role := range []string{"bare", "gateway"} {
		b.Run(role, func(b *testing.B) {
			p := startRole(b, role, startRole(b, "upstream", "").url)
			client := newClient(conns)
			defer client.CloseIdleConnections()
			for b.Loop() {
				truncated := make([]int, conns)
				var senders sync.WaitGroup
				for i := range conns {
					senders.Go(func() {
						for range streams / conns {
							a, err := client.Do(p.request("?events=5"))
							if err != nil {
								truncated[i]++
								continue
							}
							body, err := io.ReadAll(a.Body)
							_ = a.Body.Close()
							if err != nil || !strings.HasSuffix(string(body), "\"message_stop\"}\n\n") {
								truncated[i]++
							}
						}
					})
				}
				senders.Wait()
				sum := 0
				for _, n := range truncated {
					sum += n
				}
				b.ReportMetric(float64(sum), "truncated")
			}
		})
	}
}
