package sim

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"paceline/queue/pipe"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// virtual serves h inside a bubble; close ends everything.
func virtual(h http.Handler) (client *http.Client, stop func()) {
	ln := pipe.Listen()
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln)
	}()
	transport := &http.Transport{DialContext: ln.DialContext}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	}
}

// frame is one event of a stream, and when it came.
type frame struct {
	name string
	data string
	at   time.Duration
}

// frames reads a stream, strictly: each event is two lines and an empty one.
func frames(t *testing.T, r io.Reader, start time.Time) []frame {
	t.Helper()
	var got []frame
	lines := bufio.NewReader(r)
	for {
		event, err := lines.ReadString('\n')
		if err == io.EOF && event == "" {
			return got
		}
		at := time.Since(start)
		data, _ := lines.ReadString('\n')
		empty, err := lines.ReadString('\n')
		name, ok := strings.CutPrefix(event, "event: ")
		data, ok2 := strings.CutPrefix(data, "data: ")
		if !ok || !ok2 || empty != "\n" || err != nil {
			t.Fatalf("after %d events: got %q, %q, %q, %v", len(got), event, data, empty, err)
		}
		f := frame{strings.TrimSuffix(name, "\n"), strings.TrimSuffix(data, "\n"), at}
		var body struct{ Type string }
		if err := json.Unmarshal([]byte(f.data), &body); err != nil || body.Type != f.name {
			t.Fatalf("event %s: its data are %s, %v", f.name, f.data, err)
		}
		got = append(got, f)
	}
}

func TestStreamIsPacedOverItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := virtual(NewHandler(newAPI(t, 1, fast())))
		defer stop()
		start := time.Now()
		w, err := client.Do(newRequest(t, "POST", "http://sim/v1/messages", streamed, "x-sim-latency", "10s", "x-sim-tokens", "9"))
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("the header came after %v, want 1s", got)
		}
		if got := w.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
			t.Errorf("Content-Type: got %q", got)
		}
		var names []string
		text := ""
		for _, f := range frames(t, w.Body, start) {
			names = append(names, fmt.Sprintf("%s %v", f.name, f.at))
			var d deltaEvent
			if _ = json.Unmarshal([]byte(f.data), &d); d.Delta.Text != nil {
				text += *d.Delta.Text
			}
		}
		_ = w.Body.Close()
		want := []string{"message_start 1s", "content_block_start 1s", "ping 1s"}
		for i := range 9 {
			want = append(want, fmt.Sprintf("content_block_delta %ds", i+2))
		}
		want = append(want, "content_block_stop 10s", "message_delta 10s", "message_stop 10s")
		if got, want := strings.Join(names, "\n"), strings.Join(want, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if text != "This is a simulated answer: no model was asked, and these words only" {
			t.Errorf("got %q", text)
		}
	})
}

func TestStreamFraming(t *testing.T) {
	_, url := serve(t, fast())
	tool := with("tools", `[{"name":"a","input_schema":{"properties":{"xy":{"const":"é<é>é&ééééééééé"}}}}],"stream":true,"tool_choice":{"type":"any"}`)
	for _, c := range []struct{ name, body, want string }{
		{"text", streamed, `{"type":"message_start","message":{"id":"ID","type":"message","role":"assistant","model":"claude-opus-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard","inference_geo":"global","speed":"standard"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"This is a simulated answer:"}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" no"}}
{"type":"content_block_stop","index":0}
{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}
{"type":"message_stop"}`},
		{"tool", tool, `{"type":"message_start","message":{"id":"ID","type":"message","role":"assistant","model":"claude-opus-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":N,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard","inference_geo":"global","speed":"standard"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"ID","name":"a","input":{}}}
{"type":"ping"}
JSON
{"type":"content_block_stop","index":0}
{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}
{"type":"message_stop"}`},
	} {
		for _, outcome := range []string{"none", "slow-drip"} {
			w, err := httpClient(t).Do(newRequest(t, "POST", url+"/v1/messages", c.body, "x-sim-tokens", "2", "x-sim-error", outcome, "x-sim-latency", "20ms"))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			input := ""
			for _, f := range frames(t, w.Body, time.Now()) {
				var d deltaEvent
				if _ = json.Unmarshal([]byte(f.data), &d); d.Delta.JSON != nil {
					if input == "" {
						lines = append(lines, "JSON")
					}
					input += *d.Delta.JSON
					continue
				}
				line := f.data
				var m struct {
					Message struct{ ID string }
					Block   struct{ ID string } `json:"content_block"`
				}
				_ = json.Unmarshal([]byte(line), &m)
				for _, id := range []string{m.Message.ID, m.Block.ID} {
					if id != "" {
						line = strings.Replace(line, id, "ID", 1)
					}
				}
				if c.name == "tool" {
					line = numberOf.ReplaceAllString(line, `"input_tokens":N`)
				}
				lines = append(lines, line)
			}
			_ = w.Body.Close()
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", c.name, outcome, got, c.want)
			}
			if want := `{"xy":"é\u003cé\u003eé\u0026ééééééééé"}`; c.name == "tool" && input != want {
				t.Errorf("%s: got input %s, want %s", outcome, input, want)
			}
		}
	}
}

func TestSlowDripIsCutAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := virtual(NewHandler(newAPI(t, 1, fast())))
		defer stop()
		for _, body := range []string{hello, streamed} {
			start := time.Now()
			w, err := client.Do(newRequest(t, "POST", "http://sim/v1/messages", body, "x-sim-error", "slow-drip", "x-sim-latency", "20s", "x-sim-tokens", "20"))
			if err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got != 20*time.Second/dripPieces {
				t.Errorf("the first piece came after %v, want 100ms", got)
			}
			reads := 0
			buffer := make([]byte, 64<<10)
			for {
				n, err := w.Body.Read(buffer)
				if n > 0 {
					reads++
				}
				if err != nil {
					break
				}
			}
			_ = w.Body.Close()
			if got := time.Since(start); got != 20*time.Second || reads < dripPieces/2 {
				t.Errorf("got %d pieces in %v, want many in 20s", reads, got)
			}
		}
	})
}

func TestMaxTokensCutTheText(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	w := do(t, h, "POST", "/v1/messages", with("max_tokens", "3"), "x-sim-tokens", "5")
	var got message
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if *got.StopReason != "max_tokens" || got.Usage.Output != 3 || *got.Content[0].Text != "This is a simulated answer: no model" {
		t.Errorf("got %s", w.Body)
	}
}

// A client that leaves ends the handler at once, before the answer and in it.
func TestClientLeaves(t *testing.T) {
	for _, c := range []struct {
		name, body, outcome string
		after               time.Duration
	}{
		{"plain", hello, "none", 5 * time.Second},
		{"streamed", streamed, "none", 5 * time.Second},
		{"in silence", hello, "silence", 10 * time.Minute},
		{"in silence, without a body", "", "silence", 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := NewHandler(newAPI(t, 1, fast()))
				var ended time.Time
				client, stop := virtual(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() { ended = time.Now() }()
					h.ServeHTTP(w, r)
				}))
				defer stop()
				ctx, cancel := context.WithTimeout(t.Context(), c.after)
				defer cancel()
				start := time.Now()
				w, err := client.Do(newRequest(t, "POST", "http://sim/v1/messages", c.body, "x-sim-latency", "30s", "x-sim-error", c.outcome).WithContext(ctx))
				if err == nil {
					_, err = io.Copy(io.Discard, w.Body)
					_ = w.Body.Close()
				}
				if err == nil {
					t.Error("got a whole answer, want none")
				}
				synctest.Wait()
				if got := ended.Sub(start); got != c.after {
					t.Errorf("the handler ended after %v, want %v", got, c.after)
				}
			})
		})
	}
}

// A client that stays and reads nothing does not hold the handler for ever.
func TestClientThatDoesNotReadIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(newAPI(t, 1, fast()))
		ended := make(chan time.Time, 1)
		ln := pipe.Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- time.Now() }()
			h.ServeHTTP(w, r)
		})}
		go func() { _ = server.Serve(ln) }()
		start := time.Now()
		ours, err := ln.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := newRequest(t, "POST", "http://sim/v1/messages", streamed, "x-sim-latency", "0s").Write(ours); err != nil {
			t.Fatal(err)
		}
		if got := (<-ended).Sub(start); got != writeTimeout {
			t.Errorf("the handler ended after %v, want %v", got, writeTimeout)
		}
		_ = ours.Close()
		_ = server.Close()
	})
}

// A body that never comes to its end is answered after a minute.
func TestBodyThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := pipe.Listen()
		server := &http.Server{Handler: NewHandler(newAPI(t, 1, fast()))}
		go func() { _ = server.Serve(ln) }()
		start := time.Now()
		ours, err := ln.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(ours, "POST /v1/messages HTTP/1.1\r\nHost: sim\r\nx-api-key: k\r\n"+
			"anthropic-version: 2023-06-01\r\nContent-Length: 99\r\n\r\n"+hello[:10])
		w, err := http.ReadResponse(bufio.NewReader(ours), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(w.Body)
		_ = w.Body.Close()
		if took := time.Since(start); w.StatusCode != 408 || took != bodyTimeout {
			t.Errorf("got %d %s after %v, want 408 after %v", w.StatusCode, got, took, bodyTimeout)
		}
		_ = ours.Close()
		_ = server.Close()
	})
}

// A connection serves on after a stream that took longer than one write may.
func TestConnectionIsKeptAfterAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := virtual(NewHandler(newAPI(t, 1, fast())))
		defer stop()
		for i := range 3 {
			reused := false
			r := newRequest(t, "POST", "http://sim/v1/messages", streamed, "x-sim-latency", "50s", "x-sim-tokens", "3")
			if i == 1 { // one that is not sent in pieces
				r = newRequest(t, "GET", "http://sim/v1/models", "")
			}
			w, err := client.Do(r.WithContext(traceReuse(r.Context(), &reused)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(w.Body)
			_ = w.Body.Close()
			if err != nil || i != 1 && !strings.Contains(string(got), "message_stop") {
				t.Errorf("request %d: got %d bytes and %v", i, len(got), err)
			}
			if reused != (i > 0) {
				t.Errorf("request %d: on a used connection: %v", i, reused)
			}
			time.Sleep(70 * time.Second)
		}
	})
}

func TestManyStreamsAtOnce(t *testing.T) {
	_, url := serve(t, fast())
	client := httpClient(t)
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			for range 5 {
				w, err := client.Do(newRequest(t, "POST", url+"/v1/messages", streamed,
					"x-api-key", fmt.Sprint("key ", n), "x-sim-tokens", "20", "x-sim-error", "none*1", "x-sim-id", fmt.Sprint(n)))
				if err != nil {
					t.Error(err)
					return
				}
				got := frames(t, w.Body, time.Now())
				_ = w.Body.Close()
				if len(got) != 6+20 || got[len(got)-1].name != "message_stop" {
					t.Errorf("got %d events, want 26", len(got))
				}
			}
		})
	}
	wg.Wait()
}
