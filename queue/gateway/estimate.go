package gateway

import (
	"strings"
	"sync"
	"time"

	"paceline/queue"
)

// estimator estimates what a waiting request will cost from the calls before it:
// the user's own calls first, then those of the model group, then a default. It is
// safe for concurrent use and its memory is bounded. The zero estimator has learned
// nothing.
type estimator struct {
	mu     sync.Mutex
	groups map[string]*costProfile      // guarded by mu, as the rest
	recent map[estimateKey]*costProfile // profiles in recent use
	older  map[estimateKey]*costProfile // the profiles before them, dropped when recent is full
}

// estimateKey names a user's calls to a model group.
type estimateKey struct{ token, user, group string }

// costProfile is what similar calls cost.
type costProfile struct {
	tokensPerByte decayingRatio // prompt tokens for each byte of text
	uncachedShare decayingRatio // share of the prompt that is not read from a cache
	outputTokens  decayingRatio // output tokens for each call
	last          time.Time
}

// decayingRatio is a quotient of two sums in which older values count less.
type decayingRatio struct{ numerator, denominator float64 }

// add adds to both sums, after multiplying the old values by fade.
func (r *decayingRatio) add(fade, of, per float64) {
	r.numerator, r.denominator = r.numerator*fade+of, r.denominator*fade+per
}

func (r *decayingRatio) value() float64 { return r.numerator / r.denominator }

// newCostProfile returns a profile with prior values, which fade as older calls do.
func newCostProfile(perByte, output float64) *costProfile {
	return &costProfile{
		tokensPerByte: decayingRatio{perByte * textWeight, textWeight},
		uncachedShare: decayingRatio{uncachedWeight, uncachedWeight},
		outputTokens:  decayingRatio{output * outputWeight, outputWeight},
	}
}

// The defaults, November 2026.
const (
	defaultTokensPerByte = 0.3  // tokens a byte: 3.3 bytes of English in JSON are one
	defaultOutput        = 500  // tokens
	imageTokens          = 1600 // of an image of the largest useful size ("Vision", platform.claude.com)
	pageTokens           = 3000 // of a PDF page, text and image ("PDF support", platform.claude.com)

	// maxPrompt is the longest prompt of any model, in tokens.
	maxPrompt = 1_000_000
)

// The weights of the prior values, and how fast older calls fade.
const (
	textWeight     = 2 << 10 // bytes
	uncachedWeight = 100     // tokens
	outputWeight   = 1       // calls

	userFade     = 0.9
	uncachedFade = 0.5 // fast, because a cache is either warm or cold
	groupFade    = 0.99

	// cacheTime is how long the API keeps an unused cache ("Prompt
	// caching", platform.claude.com). After that the whole prompt counts.
	cacheTime = 5 * time.Minute
)

// maxProfiles is how many users' profiles are kept, and how many of model groups.
const maxProfiles = 10_000

// requestSize is the part of a request that determines its cost.
type requestSize struct {
	text          int // bytes
	images, pages int
	maxTokens     int // zero: unknown
}

// files returns the tokens of the files.
func (s requestSize) files() int { return s.images*imageTokens + s.pages*pageTokens }

// estimate returns what a request will cost at now.
func (e *estimator) estimate(now time.Time, a estimateKey, s requestSize) queue.Cost {
	e.mu.Lock()
	defer e.mu.Unlock()
	perByte, output := e.group(a.group)
	fresh := 1.0
	if u := e.find(a); u != nil {
		perByte, output = u.tokensPerByte.value(), u.outputTokens.value()
		if now.Sub(u.last) < cacheTime {
			fresh = u.uncachedShare.value()
		}
	}
	if s.maxTokens > 0 {
		output = min(output, float64(s.maxTokens))
	}
	prompt := min(perByte*float64(s.text)+float64(s.files()), maxPrompt)
	return queue.Cost{Input: int(max(prompt*fresh, 1)), Output: int(max(output, 1))}
}

// learn notes what a call that ended at now cost.
func (e *estimator) learn(now time.Time, a estimateKey, s requestSize, u *usage) {
	if !u.hasInput && !u.hasOutput {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.groups[a.group]
	if g == nil {
		if e.groups == nil || len(e.groups) >= maxProfiles { // all groups are learned again
			e.groups = map[string]*costProfile{}
		}
		g = newCostProfile(defaultTokensPerByte, defaultOutput)
		e.groups[strings.Clone(a.group)] = g
	}
	h := e.find(a)
	if h == nil {
		h = newCostProfile(g.tokensPerByte.value(), g.outputTokens.value())
		e.put(a, h)
	}
	h.last = now
	if u.hasInput && u.prompt() > 0 {
		h.uncachedShare.add(uncachedFade, float64(u.charged()), float64(u.prompt()))
		if s.images+s.pages == 0 && s.text > 0 { // the usage does not separate text from files
			// A token has at least one byte: any tokens beyond that came from elsewhere,
			// such as an image that is only named in the text.
			tokens := float64(min(u.prompt(), s.text))
			h.tokensPerByte.add(userFade, tokens, float64(s.text))
			g.tokensPerByte.add(groupFade, tokens, float64(s.text))
		}
	}
	// An answer cut by max_tokens says only that a full one may be longer.
	cut := s.maxTokens > 0 && u.output >= s.maxTokens && float64(u.output) < h.outputTokens.value()
	if u.hasOutput && !cut {
		h.outputTokens.add(userFade, float64(u.output), 1)
		g.outputTokens.add(groupFade, float64(u.output), 1)
	}
}

// group returns the tokens for a byte of text, and of an answer, in a model group.
// It requires that mu is held.
func (e *estimator) group(name string) (perByte, output float64) {
	g := e.groups[name]
	if g == nil {
		return defaultTokensPerByte, defaultOutput
	}
	return g.tokensPerByte.value(), g.outputTokens.value()
}

// find returns a profile; nil if there is none. It requires that mu is held.
func (e *estimator) find(a estimateKey) *costProfile {
	if h := e.recent[a]; h != nil {
		return h
	}
	h := e.older[a]
	if h != nil { // it is in recent use again
		e.put(a, h)
	}
	return h
}

// put keeps a profile. If there are too many, the older half is dropped. It
// requires that mu is held.
func (e *estimator) put(a estimateKey, h *costProfile) {
	if len(e.recent) >= maxProfiles/2 || e.recent == nil {
		e.recent, e.older = map[estimateKey]*costProfile{}, e.recent
	}
	// Clones, because a name may be part of a long string.
	e.recent[estimateKey{strings.Clone(a.token), strings.Clone(a.user), strings.Clone(a.group)}] = h
}

// estimateKey is the estimator's key of the request.
func (x *exchange) estimateKey() estimateKey {
	_, group := queue.CutLane(x.lane)
	return estimateKey{x.token, x.user, group}
}

// requestSize is the size of the request.
func (x *exchange) requestSize() requestSize {
	f := &x.fields.files
	return requestSize{text: x.fields.size - f.bytes, images: f.images, pages: f.pages, maxTokens: x.fields.maxTokens}
}

// learnCost lets the estimator learn from a successful call.
func (x *exchange) learnCost() {
	x.gateway.estimator.learn(time.Now(), x.estimateKey(), x.requestSize(), &x.usage)
}
