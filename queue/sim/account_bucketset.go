package sim

// bucketSet are the buckets of one model group, of the organization or of one of
// its workspaces.
type bucketSet struct {
	requests, burst, input, output bucket
	tokens                         bucket // input and output together
	workspace, fast                bool
}

// resize sets the limits, and how much the buckets hold at most, see
// [AccountSettings].Sizes. The burst bucket holds what the limit of requests allows within
// the window; without a window it is unlimited.
func (b *bucketSet) resize(now micros, l, sizes Limits, burst micros) {
	b.requests.resize(now, l.RequestsPerMinute, minute, sizes.RequestsPerMinute)
	b.input.resize(now, l.InputTokensPerMinute, minute, sizes.InputTokensPerMinute)
	b.output.resize(now, l.OutputTokensPerMinute, minute, sizes.OutputTokensPerMinute)
	b.tokens.resize(now, l.TokensPerMinute, minute, sizes.TokensPerMinute)
	if burst > 0 {
		b.burst.resize(now, l.RequestsPerMinute, burst, 0)
	}
}

// takeInput draws input from the input bucket and from that of all tokens.
func (b *bucketSet) takeInput(now micros, units int64) {
	b.input.take(now, units)
	b.tokens.take(now, units)
}

// takeOutput draws output from the output bucket and from that of all tokens.
func (b *bucketSet) takeOutput(now micros, units int64) {
	b.output.take(now, units)
	b.tokens.take(now, units)
}

// changeOutputDrain adds rate to the drain of both.
func (b *bucketSet) changeOutputDrain(now micros, rate int64) {
	b.output.changeDrain(now, rate)
	b.tokens.changeDrain(now, rate)
}

// Group returns the group whose buckets a model uses.
func (a *Account) Group(model string) string { return a.settings.Groups.Of(model) }

// bucketKey names a bucketSet.
type bucketKey struct {
	workspace, group string
	fast             bool
}

// bucketsOf returns the buckets that limit a call: the organization's first, then
// the workspace's, if it has limits of its own. The fast mode has buckets of its own, of
// the organization alone.
func (a *Account) bucketsOf(c Call) []*bucketSet {
	group, workspace := a.Group(c.Model), c.Workspace
	if c.Fast {
		return []*bucketSet{a.bucketSetAt(bucketKey{group: group, fast: true}, a.settings.Fast)}
	}
	all := []*bucketSet{a.bucketSetAt(bucketKey{group: group}, a.limits)}
	if own, ok := a.settings.Workspaces[workspace]; ok {
		all = append(all, a.bucketSetAt(bucketKey{workspace: workspace, group: group}, own))
	}
	return all
}

// bucketSetAt returns the buckets of a key; new ones are full.
func (a *Account) bucketSetAt(p bucketKey, limits GroupLimits) *bucketSet {
	t := a.buckets[p]
	if t == nil {
		t = &bucketSet{workspace: p.workspace != "", fast: p.fast}
		t.resize(a.now, limits.Of(p.group), a.sizesOf(p), inMicros(a.settings.BurstWindow))
		a.buckets[p] = t
	}
	return t
}

// sizesOf returns how much the buckets of a key hold at most: workspaces and fast modes have no sizes.
func (a *Account) sizesOf(p bucketKey) Limits {
	if p.workspace != "" || p.fast {
		return Limits{}
	}
	return a.settings.Sizes.Of(p.group)
}

// need is what a call needs of one bucket.
type need struct {
	bucket    *bucket
	units     int64
	limit     LimitKind
	workspace bool
}

// needs lists what a call needs of all buckets at its start: one request, the
// estimated input, and for the output max_tokens if that is reserved, or else one
// token, so that the bucket is not empty. The bucket of all tokens must hold both.
func (a *Account) needs(all []*bucketSet, c Call, estimate int64) []need {
	out := token
	if a.settings.ReserveOutput {
		out = int64(c.reserved()) * token
	}
	list := make([]need, 0, 10)
	for _, t := range all {
		list = append(list,
			need{&t.requests, token, LimitRequests, t.workspace},
			need{&t.burst, token, LimitBurst, t.workspace},
			need{&t.input, estimate, LimitInput, t.workspace},
			need{&t.output, out, LimitOutput, t.workspace},
		)
		if t.tokens.limit > 0 {
			list = append(list, need{&t.tokens, estimate + out, LimitTokens, t.workspace})
		}
	}
	return list
}
