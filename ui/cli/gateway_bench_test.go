//go:build linux

package cli_test

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
const rounds = 10

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

func (m *measured) cpuOfOne() float64 { return float64(m.cpu.Nanoseconds()) / float64(m.requests) }
func (m *measured) rate() float64     { return float64(m.requests) / m.took.Seconds() }

// report reports figures of m as multiples of those of the proxy.
func (m *measured) report(b *testing.B, name string, proxy *measured) {
	b.ReportMetric(m.cpuOfOne()/proxy.cpuOfOne(), name+"-x-cpu")
	b.ReportMetric(m.rate()/proxy.rate(), name+"-x-rate")
	b.ReportMetric(float64(m.quantile(0.5))/float64(proxy.quantile(0.5)), name+"-x-p50")
}

func newClient(conns int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns, DisableCompression: true}}
}

// load sends n requests over so many connections at once, and adds what they cost.
func (m *measured) load(b *testing.B, p peer, client *http.Client, conns, n int) {
	before := cpuTime(b, p.pid)
	began := time.Now()
	times := make([][]time.Duration, conns)
	var senders sync.WaitGroup
	for i := range conns {
		senders.Go(func() {
			for range max(n/conns, 1) {
				start := time.Now()
				a, err := client.Do(p.request(b, ""))
				if err != nil {
					b.Error(err)
					return
				}
				got, err := io.Copy(io.Discard, a.Body)
				_ = a.Body.Close()
				if err != nil || a.StatusCode != http.StatusOK || got != int64(len(smallAnswer)) {
					b.Errorf("%s: got %d, %d bytes, %v", p.name, a.StatusCode, got, err)
					return
				}
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	senders.Wait()
	m.took += time.Since(began)
	m.cpu += cpuTime(b, p.pid) - before
	for _, t := range times {
		m.requests += len(t)
		m.times = append(m.times, t...)
	}
}

// noDelay makes the spaced rule let everything start at once.
var noDelay = []string{"--pace", "spaced", "--min-delay", "0s", "--step", "0s", "--max-in-flight", "1000"}

// startPeers starts a proxy, which is the first, a floor, and the program.
func startPeers(b *testing.B) (peers []peer) {
	b.Helper()
	paceline, upstream := buildProgram(b), startRole(b, "upstream", "")
	return []peer{
		startRole(b, "proxy", upstream.url),
		startRole(b, "pooled", upstream.url),
		startRole(b, "floor", upstream.url),
		startServe(b, "spaced", paceline, upstream.url, noDelay...),
		startServe(b, "adaptive", paceline, upstream.url),
		startServe(b, "json", paceline, upstream.url, append([]string{"--log", "json"}, noDelay...)...),
	}
}

// BenchmarkGateway measures what the program costs a request, as multiples of what the standard
// library's reverse proxy costs it, over connections that are kept: CPU, the time of half of the
// requests, and requests a second. pooled is that proxy with buffers that are used again, floor a
// handler in plain Go that reads, decodes and copies; spaced and adaptive are the program by
// either pace, with its log in a file; json is spaced with that log.
//
//	go test -run '^$' -bench Gateway -benchtime 20000x ./ui/cli
func BenchmarkGateway(b *testing.B) {
	peers := startPeers(b)
	for _, conns := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			client := newClient(conns)
			defer client.CloseIdleConnections()
			results := make([]measured, len(peers))
			for _, p := range peers { // connections are made, code is warm, limits are told
				new(measured).load(b, p, client, 1, 10)
				new(measured).load(b, p, client, conns, 2000)
			}
			b.ResetTimer()
			for range rounds {
				for i, p := range peers {
					results[i].load(b, p, client, conns, max(b.N/rounds, conns))
				}
			}
			b.StopTimer()
			for i, p := range peers[1:] {
				results[i+1].report(b, p.name, &results[0])
			}
			b.ReportMetric(results[0].cpuOfOne()/1e3, "proxy-cpu-µs")
			b.ReportMetric(float64(results[0].quantile(0.5).Microseconds()), "proxy-p50-µs")
			b.ReportMetric(results[0].rate(), "proxy-req/s")
		})
	}
}

// BenchmarkStreams measures how late an event is that the upstream has sent, the first one and
// the others, and the memory of a process, with so many streams open that have an event a second.
//
//	go test -run '^$' -bench Streams -benchtime 1x ./ui/cli
func BenchmarkStreams(b *testing.B) {
	const events = 10
	peers := startPeers(b)[:4]
	for _, streams := range []int{64, 1000} {
		b.Run(fmt.Sprintf("open=%d", streams), func(b *testing.B) {
			client := newClient(streams)
			defer client.CloseIdleConnections()
			first, later, memory := make([]measured, len(peers)), make([]measured, len(peers)), make([]float64, len(peers))
			for range max(b.N, 3) {
				for i, p := range peers {
					var readers sync.WaitGroup
					var mu sync.Mutex
					for n := range streams {
						readers.Go(func() {
							time.Sleep(time.Duration(n) * time.Second / time.Duration(streams)) // their events are spread over the second
							late := readStream(b, client, p, fmt.Sprintf("?events=%d&every=1s", events))
							mu.Lock()
							defer mu.Unlock()
							if len(late) != events {
								b.Errorf("%s: %d events came, want %d", p.name, len(late), events)
								return
							}
							first[i].times = append(first[i].times, late[0])
							later[i].times = append(later[i].times, late[1:]...)
						})
					}
					time.Sleep(events * time.Second / 2)
					memory[i] = max(memory[i], residentMB(b, p.pid))
					readers.Wait()
				}
			}
			for i, p := range peers {
				b.ReportMetric(float64(first[i].quantile(0.5).Microseconds()), p.name+"-first-p50-µs")
				for _, q := range []float64{0.5, 0.99} {
					b.ReportMetric(float64(later[i].quantile(q).Microseconds()), fmt.Sprintf("%s-event-p%.0f-µs", p.name, 100*q))
				}
				b.ReportMetric(memory[i], p.name+"-MB")
			}
		})
	}
}

// readStream reads a stream to its end, and returns how late each event was.
func readStream(b *testing.B, client *http.Client, p peer, query string) (late []time.Duration) {
	a, err := client.Do(p.request(b, query))
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

// BenchmarkShortStreams lets 10,000 streams go through that the upstream answers at once, and
// counts those that do not come whole.
//
//	go test -run '^$' -bench ShortStreams -benchtime 1x ./ui/cli
func BenchmarkShortStreams(b *testing.B) {
	const streams, conns = 10_000, 64
	for _, p := range startPeers(b)[:4] {
		b.Run(p.name, func(b *testing.B) {
			client := newClient(conns)
			defer client.CloseIdleConnections()
			for b.Loop() {
				truncated := make([]int, conns)
				var senders sync.WaitGroup
				for i := range conns {
					senders.Go(func() {
						for range streams / conns {
							a, err := client.Do(p.request(b, "?events=5"))
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
