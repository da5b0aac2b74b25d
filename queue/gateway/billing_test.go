package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/gateway"
)

// biller is an API that keeps its own books of what it has billed. Its requests say in the
// text of their message what is to happen.
type biller struct {
	mu    sync.Mutex
	tries map[string]int
	bills map[string]*bill // by token and model as counted
}

// bill is what a token owes for a model: kinds are input, cache read, cache written for five
// minutes and for an hour, and output.
type bill struct {
	kinds    [5]int64
	cost     float64 // dollars
	unpriced int64
}

// rate is dollars per million tokens, of the same kinds.
var billRates = map[string][5]float64{
	"claude-opus-5-5":   {4, 0.20, 5, 8, 20},
	"claude-sonnet-4-6": {3, 0.30, 3.75, 6, 15},
	"claude-haiku-4-5":  {1, 0.10, 1.25, 2, 5},
	"claude-haiku-5-5":  {0.10, 0.01, 0.125, 0.20, 0.50},
}

// order is what a request of the test asks for.
type order struct {
	Number           int
	Token            string
	Model            string   // that answers
	Named            string   // what it is to be counted as
	End              string   // what becomes of the answer
	Kinds            [5]int64 // what it uses, if it comes to its end
	Stream, Fast, US bool
}

func (b *biller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Messages []struct{ Content string }
	}
	var o order
	if json.NewDecoder(r.Body).Decode(&body) != nil || len(body.Messages) != 1 || json.Unmarshal([]byte(body.Messages[0].Content), &o) != nil {
		panic("biller: what was asked cannot be read")
	}
	b.mu.Lock()
	b.tries[fmt.Sprint(o.Number)]++
	first := b.tries[fmt.Sprint(o.Number)] == 1
	b.mu.Unlock()
	switch {
	case o.End == "refused once" && first:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(429)
		return
	case o.End == "breaks before" && first:
		panic(http.ErrAbortHandler)
	case o.End == "bad request":
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"type":"error","error":{"type":"invalid_request_error","message":"no"}}`)
		return
	}
	k := o.Kinds
	usage := func(output int64) string {
		speed, geo := "standard", "global"
		if o.Fast {
			speed = "fast"
		}
		if o.US {
			geo = "us"
		}
		return fmt.Sprintf(`{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"cache_creation":{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d},"output_tokens":%d,"service_tier":"standard","inference_geo":%q,"speed":%q}`,
			k[0], k[2]+k[3], k[1], k[2], k[3], output, geo, speed)
	}
	if !o.Stream {
		b.charge(o, k[4])
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":"usage: {\"output_tokens\":5}"}],"stop_reason":"end_turn","usage":%s}`, o.Model, usage(k[4]))
		return
	}
	say := func(event, data string) {
		_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		_ = http.NewResponseController(w).Flush()
	}
	w.Header().Set("Content-Type", "text/event-stream")
	say("message_start", fmt.Sprintf(`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[],"usage":%s}}`, o.Model, usage(1)))
	switch o.End {
	case "cut", "cancelled":
		b.charge(o, 1)
		if o.End == "cancelled" {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	case "overloaded":
		b.charge(o, 1)
		say("error", `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`)
		return
	}
	say("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}`)
	say("message_delta", fmt.Sprintf(`{"type":"message_delta","delta":{},"usage":{"output_tokens":%d}}`, k[4]/2)) // cumulative
	say("message_delta", fmt.Sprintf(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":%d,"output_tokens":%d}}`, k[0], k[4]))
	say("message_stop", `{"type":"message_stop"}`)
	b.charge(o, k[4])
}

// charge bills an answer with so much output.
func (b *biller) charge(o order, output int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := o.Token + "|" + o.Named
	if b.bills[key] == nil {
		b.bills[key] = &bill{}
	}
	of, k := b.bills[key], o.Kinds
	k[4] = output
	rates, priced := billRates[o.Named]
	if o.Named == "claude-haiku-5-5" && k[0]+k[1]+k[2]+k[3] > 100_000 {
		rates = [5]float64{0.50, 0.05, 0.625, 1, 2.50}
	}
	if !priced {
		of.unpriced++
	}
	more := 1.0
	if o.US {
		more = 1.1
	}
	for i, n := range k {
		of.kinds[i] += n
		of.cost += float64(n) * rates[i] * more / 1e6
	}
}

// orders are a mixed run.
func orders() (list []order) {
	models := []order{
		{Model: "claude-opus-5-5", Named: "claude-opus-5-5"},
		{Model: "claude-opus-5-5", Named: "claude-opus-5-5 fast", Fast: true},
		{Model: "claude-haiku-4-5-20251001", Named: "claude-haiku-4-5"},
		{Model: "claude-haiku-4-5", Named: "claude-haiku-4-5"},
		{Model: "claude-sonnet-4-6", Named: "claude-sonnet-4-6", US: true},
		{Model: "claude-haiku-5-5", Named: "claude-haiku-5-5"},
		{Model: "claude-unheard-of", Named: "claude-unheard-of"},
	}
	ends := []string{"", "", "refused once", "breaks before", "bad request", "cut", "cancelled", "overloaded"}
	for i, m := range models {
		for j, end := range ends {
			n := int64(len(list))
			m.Number, m.End, m.Token = len(list), end, []string{"team-a", "team-b"}[(i+j)%2]
			m.Stream = j == 1 || end == "cut" || end == "cancelled" || end == "overloaded"
			m.Kinds = [5]int64{1000 + 7*n, 50_000 * int64(j%3), 333 * int64(j%2), 11 * n, 20 + 3*n}
			list = append(list, m)
		}
	}
	return list
}

// What the API has billed over a mixed run is what the metrics, the users and the log say, to
// the token and the cent.
func TestEveryFigureIsWhatTheAPIBilled(t *testing.T) {
	b := &biller{tries: map[string]int{}, bills: map[string]*bill{}}
	inBubble(t, unspaced(), func(bb *bubble) {
		bb.answers = b
		for _, o := range orders() {
			bb.place(o)
		}
		synctest.Wait()
		server := api.New(bb.queue, api.Options{})
		get := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil))
			if w.Code != 200 {
				t.Fatalf("%s: got %d %s", path, w.Code, w.Body)
			}
			return w
		}
		b.compare(t, "/metrics", scraped(t, get("/metrics").Body))
		b.compare(t, "the log", logged(t, bb.log.String()))

		var report queue.Report
		if err := json.Unmarshal(get("/api/queue/metrics").Body.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		users := map[string]*bill{}
		for _, u := range report.Detail.Users {
			token, _, _ := strings.Cut(u.Name, "'")
			add(users, token, u.Usage)
		}
		b.compare(t, "detail.users", users)
		models := map[string]*bill{}
		for _, u := range report.Detail.Models {
			add(models, u.Model, &u.Usage)
		}
		b.compare(t, "detail.models", models)
	}, func(o *gateway.Options) {
		o.Caller = func(r *http.Request) gateway.Caller {
			return gateway.Caller{Token: r.Header.Get("X-Token"), Priority: queue.High}
		}
	})
}

// place sends a request, and reads its answer as far as it goes.
func (b *bubble) place(o order) {
	b.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{
		"model": o.Model, "max_tokens": 100, "stream": o.Stream,
		"messages": []any{map[string]string{"role": "user", "content": string(text)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", "http://gateway/v1/messages", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Token", o.Token)
	r.Header.Set("X-Api-Key", bubbleKey)
	r.Header.Set("X-Paceline-User", fmt.Sprintf("%s'%d", o.Token, o.Number%3))
	answer, err := b.http.Do(r)
	if err != nil {
		b.Fatalf("%+v: %v", o, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if o.End == "cancelled" {
		_, _ = bufio.NewReader(answer.Body).ReadString('\n')
		cancel()
		synctest.Wait()
	}
	_, _ = io.Copy(io.Discard, answer.Body)
}

// add adds what was used to a bill.
func add(bills map[string]*bill, key string, u *queue.Usage) {
	if u == nil {
		return
	}
	if bills[key] == nil {
		bills[key] = &bill{}
	}
	of := bills[key]
	for i, n := range []int64{u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output} {
		of.kinds[i] += n
	}
	of.cost += float64(u.Nanodollars) / 1e9
	of.unpriced += u.Unpriced
}

// scraped reads the bills from a page for Prometheus.
func scraped(t *testing.T, page io.Reader) map[string]*bill {
	bills := map[string]*bill{}
	kinds := map[string]int{"input": 0, "cache_read": 1, "cache_write_5m": 2, "cache_write_1h": 3, "output": 4}
	for lines := bufio.NewScanner(page); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), "{")
		labels, value, ok := strings.Cut(rest, "} ")
		if !ok {
			continue
		}
		label := map[string]string{}
		for _, pair := range strings.Split(labels, ",") {
			key, quoted, _ := strings.Cut(pair, "=")
			label[key] = strings.Trim(quoted, `"`)
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		key := label["token"] + "|" + label["model"]
		if name != "paceline_tokens_total" && name != "paceline_cost_dollars_total" && name != "paceline_unpriced_calls_total" {
			continue
		}
		if bills[key] == nil {
			bills[key] = &bill{}
		}
		switch name {
		case "paceline_tokens_total":
			bills[key].kinds[kinds[label["kind"]]] = int64(v)
		case "paceline_cost_dollars_total":
			bills[key].cost = v
		default:
			bills[key].unpriced = int64(v)
		}
	}
	return bills
}

// logged sums up what the records of a log say.
func logged(t *testing.T, log string) map[string]*bill {
	bills := map[string]*bill{}
	for line := range strings.Lines(log) {
		var r struct {
			Token, Model                                            string
			InputTokens, OutputTokens                               int64
			CacheReadTokens, CacheWrite5mTokens, CacheWrite1hTokens int64
			CostDollars, FromCache                                  float64
			Unpriced                                                bool
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if r.InputTokens+r.OutputTokens == 0 {
			continue
		}
		u := queue.Usage{Input: r.InputTokens, CacheRead: r.CacheReadTokens, CacheWrite5m: r.CacheWrite5mTokens, CacheWrite1h: r.CacheWrite1hTokens, Output: r.OutputTokens}
		if r.Unpriced {
			u.Unpriced = 1
		}
		add(bills, r.Token+"|"+r.Model, &u)
		bills[r.Token+"|"+r.Model].cost += r.CostDollars
		prompt := float64(r.InputTokens + r.CacheReadTokens + r.CacheWrite5mTokens + r.CacheWrite1hTokens)
		if want := float64(r.CacheReadTokens) / prompt; math.Abs(r.FromCache-want) > 0.0051 {
			t.Errorf("%q: from the cache came %.4f of it", line, want)
		}
	}
	return bills
}

// compare compares bills by token and model, by token or by model with what was billed.
func (b *biller) compare(t *testing.T, where string, got map[string]*bill) {
	t.Helper()
	want := map[string]*bill{}
	for key, of := range b.bills {
		token, model, _ := strings.Cut(key, "|")
		for _, name := range []string{key, token, model} {
			if got[name] == nil {
				continue
			}
			if want[name] == nil {
				want[name] = &bill{}
			}
			for i, n := range of.kinds {
				want[name].kinds[i] += n
			}
			want[name].cost += of.cost
			want[name].unpriced += of.unpriced
		}
	}
	var tokens, sum int64
	for name, w := range want {
		g := got[name]
		if g.kinds != w.kinds || g.unpriced != w.unpriced || math.Abs(g.cost-w.cost) > 1e-6 {
			t.Errorf("%s, %s: got %+v, want %+v", where, name, *g, *w)
		}
	}
	for name, g := range got {
		if want[name] == nil {
			t.Errorf("%s: %s was never billed: %+v", where, name, *g)
		}
		for _, n := range g.kinds {
			tokens += n
		}
	}
	for _, w := range b.bills {
		for _, n := range w.kinds {
			sum += n
		}
	}
	if tokens != sum {
		t.Errorf("%s: got %d tokens in all, %d were billed", where, tokens, sum)
	}
}
