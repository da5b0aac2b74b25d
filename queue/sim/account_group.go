package sim

// tanks are the buckets of one model group, of the organization or of one of its
// workspaces.
type tanks struct {
	requests, burst, input, output tank
	tokens                         tank // input and output together
	workspace                      bool
}

// resize gives the tanks their limits. The burst tank holds what the limit of
// requests allows in the window; without one it is no limit.
func (t *tanks) resize(now micros, l Limits, burst micros) {
	t.requests.resize(now, l.RequestsPerMinute, minute)
	t.input.resize(now, l.InputTokensPerMinute, minute)
	t.output.resize(now, l.OutputTokensPerMinute, minute)
	t.tokens.resize(now, l.TokensPerMinute, minute)
	if burst > 0 {
		t.burst.resize(now, l.RequestsPerMinute, burst)
	}
}

// takeInput draws input from its own tank and from that of all tokens.
func (t *tanks) takeInput(now micros, units int64) {
	t.input.take(now, units)
	t.tokens.take(now, units)
}

// takeOutput draws output from its own tank and from that of all tokens.
func (t *tanks) takeOutput(now micros, units int64) {
	t.output.take(now, units)
	t.tokens.take(now, units)
}

// flowOutput makes output flow so much faster from both.
func (t *tanks) flowOutput(now micros, rate int64) {
	t.output.flow(now, rate)
	t.tokens.flow(now, rate)
}

// Group returns the group of models that a model shares its buckets with.
func (a *Account) Group(model string) string { return a.settings.Groups.Of(model) }

// place names some tanks.
type place struct{ workspace, group string }

// tanksOf returns what a call of a group must fit into: the organization's tanks
// and the workspace's, if it has limits of its own.
func (a *Account) tanksOf(group, workspace string) []*tanks {
	all := []*tanks{a.tanksAt(place{group: group}, a.limits)}
	if own, ok := a.settings.Workspaces[workspace]; ok {
		all = append(all, a.tanksAt(place{workspace, group}, own))
	}
	return all
}

// tanksAt returns the tanks of a place, full if nobody used them before.
func (a *Account) tanksAt(p place, limits GroupLimits) *tanks {
	t := a.tanks[p]
	if t == nil {
		t = &tanks{workspace: p.workspace != ""}
		t.resize(a.now, limits.Of(p.group), inMicros(a.settings.BurstWindow))
		a.tanks[p] = t
	}
	return t
}

// need is what a call needs of one tank.
type need struct {
	tank      *tank
	units     int64
	limit     Limit
	workspace bool
}

// needs lists what a call needs of all tanks at its start: one request, the input
// as estimated, and for the output what the rule says: max_tokens, or just that
// the tank is not empty. A tank of all tokens must hold both.
func (a *Account) needs(all []*tanks, c Call, estimate int64) []need {
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
