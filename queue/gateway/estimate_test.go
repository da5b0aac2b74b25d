package gateway

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"paceline/queue"
)

var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ann  = estimateKey{"token", "ann", "sonnet-5"}
)

// told is the usage of a call, none of it from a cache.
func told(input, output int) *usage {
	return &usage{input: input, output: output, hasInput: true, hasOutput: true}
}

// near reports whether got is within a share of want.
func near(got, want int, share float64) bool {
	return float64(got) >= float64(want)*(1-share) && float64(got) <= float64(want)*(1+share)
}

func TestEstimateOfAnUnknownUser(t *testing.T) {
	for name, c := range map[string]struct {
		size requestSize
		want queue.Cost
	}{
		"text":                      {requestSize{text: 10_000}, queue.Cost{Input: 3000, Output: 500}},
		"a bound above the usual":   {requestSize{text: 10_000, maxTokens: 4096}, queue.Cost{Input: 3000, Output: 500}},
		"a bound below the usual":   {requestSize{text: 10_000, maxTokens: 20}, queue.Cost{Input: 3000, Output: 20}},
		"nothing at all":            {requestSize{}, queue.Cost{Input: 1, Output: 500}},
		"images":                    {requestSize{text: 1000, images: 2}, queue.Cost{Input: 3500, Output: 500}},
		"a document":                {requestSize{text: 1000, pages: 3}, queue.Cost{Input: 9300, Output: 500}},
		"longer than a model reads": {requestSize{text: 32 << 20}, queue.Cost{Input: maxPrompt, Output: 500}},
	} {
		var e estimator
		if got := e.estimate(noon, ann, c.size); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// An image of some megabytes costs what an image costs.
func TestImageIsNotEstimatedAsText(t *testing.T) {
	var p requestFields
	text := `{"model":"claude-sonnet-5-5","max_tokens":1024,"messages":[{"role":"user","content":[{"type":"image","source":` +
		`{"type":"base64","media_type":"image/png","data":"` + picture("iVBORw0KGgo", 3<<20) + `"}},{"type":"text","text":"What is this?"}]}]}`
	for rest := []byte(text); len(rest) > 0; rest = rest[min(32<<10, len(rest)):] {
		p.write(rest[:min(32<<10, len(rest))])
	}
	x := &exchange{fields: p}
	var e estimator
	if got := e.estimate(noon, ann, x.requestSize()); got.Input < 1600 || got.Input > 1800 {
		t.Errorf("got %+v for 3 MB of an image, want 1,600 tokens and some text", got)
	}
}

// Whatever the tokens for a byte are, and however long the answers: after some
// calls the estimate is about right, for the one who made them and, soon, for
// others with the same model. Another model is not touched.
func TestEstimateConverges(t *testing.T) {
	for _, c := range []struct {
		perByte float64
		output  int
	}{{0.22, 50}, {0.3, 500}, {0.45, 4000}, {0.9, 20_000}} {
		var e estimator
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 50 {
			s := requestSize{text: 500 + random.IntN(20_000), maxTokens: 32_000}
			noise := 0.9 + 0.2*random.Float64()
			if i >= 25 {
				want := queue.Cost{Input: int(c.perByte * float64(s.text)), Output: c.output}
				got := e.estimate(noon, ann, s)
				if !near(got.Input, want.Input, 0.1) || !near(got.Output, want.Output, 0.15) {
					t.Errorf("%+v, call %d: got %+v, want about %+v", c, i, got, want)
				}
			}
			e.learn(noon, ann, s, told(int(c.perByte*float64(s.text)*noise), int(float64(c.output)*noise)))
		}
		s := requestSize{text: 10_000}
		bob := estimateKey{"token", "bob", ann.group}
		if got := e.estimate(noon, bob, s); !near(got.Input, int(c.perByte*10_000), 0.1) || !near(got.Output, c.output, 0.15) {
			t.Errorf("%+v: another user gets %+v", c, got)
		}
		if got, want := e.estimate(noon, estimateKey{"token", "ann", "opus-5"}, s), (queue.Cost{Input: 3000, Output: 500}); got != want {
			t.Errorf("%+v: another model gets %+v, want %+v", c, got, want)
		}
	}
}

// Users differ in the length of their answers, and a habit that changes is followed.
func TestEstimateIsTheUsersOwn(t *testing.T) {
	var e estimator
	bob := estimateKey{"token", "bob", ann.group}
	namesake := estimateKey{"other token", "ann", ann.group}
	s := requestSize{text: 1000}
	for range 20 {
		e.learn(noon, ann, s, told(300, 100))
		e.learn(noon, bob, s, told(600, 3000))
	}
	if a, b := e.estimate(noon, ann, s), e.estimate(noon, bob, s); !near(a.Output, 100, 0.2) || !near(b.Output, 3000, 0.1) || !near(a.Input, 300, 0.1) || !near(b.Input, 600, 0.1) {
		t.Errorf("got %+v and %+v, want about 300, 100 and 600, 3000", a, b)
	}
	if got := e.estimate(noon, namesake, s); near(got.Output, 100, 0.2) {
		t.Errorf("the same name under another token gets %+v, which is ann's", got)
	}
	for range 30 {
		e.learn(noon, ann, s, told(300, 2000))
	}
	if got := e.estimate(noon, ann, s); !near(got.Output, 2000, 0.1) {
		t.Errorf("30 answers of 2000 later: got %+v", got)
	}
}

// What a cache holds does not count, as long as it holds it.
func TestEstimateKnowsThatCachesAreRead(t *testing.T) {
	var e estimator
	s := requestSize{text: 400_000}
	first := &usage{input: 100, written: 99_900, output: 100, hasInput: true, hasOutput: true}
	later := &usage{input: 100, written: 900, read: 99_000, output: 100, hasInput: true, hasOutput: true}
	e.learn(noon, ann, s, first)
	if got := e.estimate(noon, ann, s); !near(got.Input, 100_000, 0.1) {
		t.Errorf("after the call that fills the cache: got %+v, want about 100000", got)
	}
	now := noon
	for range 8 {
		now = now.Add(time.Minute)
		e.learn(now, ann, s, later)
	}
	if got := e.estimate(now.Add(time.Minute), ann, s); got.Input < 900 || got.Input > 3000 {
		t.Errorf("after eight that read it: got %+v, want 1000 and not much more", got)
	}
	if got := e.estimate(now.Add(cacheTime), ann, s); !near(got.Input, 100_000, 0.1) {
		t.Errorf("when the cache is gone: got %+v, want about 100000", got)
	}
	if got := e.estimate(now, estimateKey{"token", "bob", ann.group}, s); !near(got.Input, 100_000, 0.1) {
		t.Errorf("of another user: got %+v, want about 100000", got)
	}
}

// Calls that tell nothing of the text, or nothing true, teach nothing wrong.
func TestEstimateIsNotMisled(t *testing.T) {
	before := queue.Cost{Input: 3000, Output: 500}
	for name, c := range map[string]struct {
		size  requestSize
		usage usage
		want  queue.Cost // of 10,000 bytes, after five such calls
	}{
		"nothing told":             {requestSize{text: 1000}, usage{}, before},
		"an image":                 {requestSize{text: 100, images: 1}, usage{input: 90, hasInput: true}, before},
		"no text":                  {requestSize{}, usage{input: 90, hasInput: true}, before},
		"an answer cut short":      {requestSize{text: 100, maxTokens: 1}, usage{output: 1, hasOutput: true}, before},
		"an image named in a text": {requestSize{text: 200}, usage{input: 90_000, hasInput: true}, queue.Cost{Input: 5800, Output: 500}},
	} {
		var e estimator
		for range 5 {
			e.learn(noon, ann, c.size, &c.usage)
		}
		got := e.estimate(noon, ann, requestSize{text: 10_000})
		if !near(got.Input, c.want.Input, 0.15) || got.Output != c.want.Output {
			t.Errorf("%s: got %+v, want about %+v", name, got, c.want)
		}
	}
	var e estimator // an answer that the bound cut, but longer than was thought, teaches
	for range 20 {
		e.learn(noon, ann, requestSize{maxTokens: 4000}, told(1, 4000))
	}
	if got := e.estimate(noon, ann, requestSize{maxTokens: 8000}); !near(got.Output, 4000, 0.1) {
		t.Errorf("answers cut at 4000: got %+v", got)
	}
}

// Whoever invents names takes no memory, and those who are seen again are kept.
func TestProfilesAreBounded(t *testing.T) {
	var e estimator
	e.learn(noon, ann, requestSize{text: 1000}, told(300, 5000))
	for i := range 5 * maxProfiles {
		a := estimateKey{"token", fmt.Sprint(i), "opus-5"}
		_ = e.estimate(noon, a, requestSize{text: 1000})
		if len(e.recent) > 0 && i%10 == 0 {
			_ = e.estimate(noon, ann, requestSize{text: 1000})
		}
		e.learn(noon, a, requestSize{text: 1000}, told(300, 10))
		if n := len(e.recent) + len(e.older); n > maxProfiles {
			t.Fatalf("%d askers are kept, want at most %d", n, maxProfiles)
		}
	}
	if e.find(ann) == nil {
		t.Error("the one who was always there is forgotten")
	}
	if e.find(estimateKey{"token", "0", "opus-5"}) != nil {
		t.Error("one who was not seen for long is kept")
	}
}

// A name may be cut from something long, which must not stay in memory for it.
func TestProfileKeysAreCopies(t *testing.T) {
	var e estimator
	long := strings.Repeat("x", 1<<20)
	e.learn(noon, estimateKey{long, long, long}, requestSize{text: 1}, told(1, 1))
	for a := range e.recent {
		for _, name := range []string{a.token, a.user, a.group} {
			if unsafe.StringData(name) == unsafe.StringData(long) {
				t.Error("a name is kept as it was handed in")
			}
		}
	}
	for group := range e.groups {
		if unsafe.StringData(group) == unsafe.StringData(long) {
			t.Error("a group's name is kept as it was handed in")
		}
	}
}

func TestEstimatorIsSafeForConcurrentUse(t *testing.T) {
	var e estimator
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			for n := range 500 {
				a := estimateKey{"token", fmt.Sprint(n % 50), fmt.Sprint(i % 3)}
				c := e.estimate(noon, a, requestSize{text: n})
				e.learn(noon, a, requestSize{text: n}, told(c.Input, c.Output))
			}
		})
	}
	workers.Wait()
}

func TestEstimateAllocatesNothing(t *testing.T) {
	var e estimator
	u := told(300, 100)
	e.learn(noon, ann, requestSize{text: 1000}, u)
	if n := testing.AllocsPerRun(100, func() {
		_ = e.estimate(noon, ann, requestSize{text: 1000})
		e.learn(noon, ann, requestSize{text: 1000}, u)
	}); n != 0 {
		t.Errorf("%v allocations for a call, want none", n)
	}
}
