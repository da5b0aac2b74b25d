package gateway

import (
	"strings"
	"sync"
	"time"

	"paceline/queue"
)

// estimator says what a waiting request will cost, from what the calls before it
// cost. A user's own calls count most, then those of the model group, then what
// is usual. It is safe for concurrent use and its memory is bounded. The zero
// estimator knows nothing yet.
type estimator struct {
	mu     sync.Mutex
	groups map[string]*habits // guarded by mu, as what follows
	users  map[asker]*habits  // those seen of late
	former map[asker]*habits  // those seen before them; they are dropped next
}

// asker is whose calls are alike.
type asker struct{ token, user, group string }

// habits are what calls cost that are alike.
type habits struct {
	text   ratio // tokens of the prompt for each byte of text
	fresh  ratio // of the prompt, what no cache held
	output ratio // tokens for each call
	last   time.Time
}

// ratio is a quotient of two sums in which what is older counts less.
type ratio struct{ of, per float64 }

// add counts something, and lets all that was before fade to a share.
func (r *ratio) add(fade, of, per float64) { r.of, r.per = r.of*fade+of, r.per*fade+per }

func (r *ratio) value() float64 { return r.of / r.per }

// newHabits returns those of somebody of whom only is known what is usual. That
// fades as all that is older does.
func newHabits(perByte, output float64) *habits {
	return &habits{
		text:   ratio{perByte * textWeight, textWeight},
		fresh:  ratio{freshWeight, freshWeight},
		output: ratio{output * outputWeight, outputWeight},
	}
}

// What is assumed of whom nothing is known, November 2026.
const (
	usualText   = 0.3  // tokens for a byte: 3.3 bytes of English, JSON around it, make one
	usualOutput = 500  // tokens
	imageTokens = 1600 // of an image as large as it may usefully be ("Vision", platform.claude.com)
	pageTokens  = 3000 // of a page of a PDF, text and image ("PDF support", platform.claude.com)

	// No model reads more than so many tokens.
	longestPrompt = 1_000_000
)

// How much weight the usual has, and how fast what is older fades.
const (
	textWeight   = 2 << 10 // bytes
	freshWeight  = 100     // tokens
	outputWeight = 1       // calls

	userFade  = 0.9
	freshFade = 0.5 // a cache is warm or cold: the latest calls tell
	groupFade = 0.99

	// cacheTime is how long the API keeps a cache that nobody reads ("Prompt
	// caching", platform.claude.com). After that all of a prompt counts.
	cacheTime = 5 * time.Minute
)

// maxAskers is how many askers are remembered, and how many model groups.
const maxAskers = 10_000

// size is what of a request tells its cost.
type size struct {
	text          int // bytes
	images, pages int
	maxTokens     int // zero: not told
}

// files returns what the files cost, in tokens.
func (s size) files() int { return s.images*imageTokens + s.pages*pageTokens }

// estimate returns what a request will cost at now.
func (e *estimator) estimate(now time.Time, a asker, s size) queue.Cost {
	e.mu.Lock()
	defer e.mu.Unlock()
	perByte, output := e.group(a.group)
	fresh := 1.0
	if u := e.find(a); u != nil {
		perByte, output = u.text.value(), u.output.value()
		if now.Sub(u.last) < cacheTime {
			fresh = u.fresh.value()
		}
	}
	if s.maxTokens > 0 {
		output = min(output, float64(s.maxTokens))
	}
	prompt := min(perByte*float64(s.text)+float64(s.files()), longestPrompt)
	return queue.Cost{Input: int(max(prompt*fresh, 1)), Output: int(max(output, 1))}
}

// learn notes what a call cost that ended at now.
func (e *estimator) learn(now time.Time, a asker, s size, u *usage) {
	if !u.hasInput && !u.hasOutput {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.groups[a.group]
	if g == nil {
		if e.groups == nil || len(e.groups) >= maxAskers { // they are learned again
			e.groups = map[string]*habits{}
		}
		g = newHabits(usualText, usualOutput)
		e.groups[strings.Clone(a.group)] = g
	}
	h := e.find(a)
	if h == nil {
		h = newHabits(g.text.value(), g.output.value())
		e.put(a, h)
	}
	h.last = now
	if u.hasInput && u.prompt() > 0 {
		h.fresh.add(freshFade, float64(u.charged()), float64(u.prompt()))
		if s.images+s.pages == 0 && s.text > 0 { // what files cost nobody tells apart
			// A token is a byte at least: what is above that came from elsewhere,
			// such as an image that is only named in the text.
			tokens := float64(min(u.prompt(), s.text))
			h.text.add(userFade, tokens, float64(s.text))
			g.text.add(groupFade, tokens, float64(s.text))
		}
	}
	// An answer that was cut short tells only that the usual one may be longer.
	cut := s.maxTokens > 0 && u.output >= s.maxTokens && float64(u.output) < h.output.value()
	if u.hasOutput && !cut {
		h.output.add(userFade, float64(u.output), 1)
		g.output.add(groupFade, float64(u.output), 1)
	}
}

// group returns the tokens for a byte of text, and of an answer, that are usual in
// a model group. It requires that mu is held.
func (e *estimator) group(name string) (perByte, output float64) {
	g := e.groups[name]
	if g == nil {
		return usualText, usualOutput
	}
	return g.text.value(), g.output.value()
}

// find returns an asker's habits; nil if there are none. It requires that mu is
// held.
func (e *estimator) find(a asker) *habits {
	if h := e.users[a]; h != nil {
		return h
	}
	h := e.former[a]
	if h != nil { // it is one of those seen of late again
		e.put(a, h)
	}
	return h
}

// put remembers an asker. When there are too many, those go that were not seen for
// longest. It requires that mu is held.
func (e *estimator) put(a asker, h *habits) {
	if len(e.users) >= maxAskers/2 || e.users == nil {
		e.users, e.former = map[asker]*habits{}, e.users
	}
	// Copies: a name may be part of something long.
	e.users[asker{strings.Clone(a.token), strings.Clone(a.user), strings.Clone(a.group)}] = h
}

// asker is whose calls are like this one.
func (x *exchange) asker() asker {
	_, group := queue.CutLane(x.lane)
	return asker{x.token, x.user, group}
}

// size is what tells the request's cost.
func (x *exchange) size() size {
	f := &x.peek.files
	return size{text: int(x.body.size) - f.bytes, images: f.images, pages: f.pages, maxTokens: x.peek.maxTokens}
}

// calibrate lets the estimator learn from a call that has succeeded.
func (x *exchange) calibrate() {
	x.gateway.estimator.learn(time.Now(), x.asker(), x.size(), &x.usage)
}
