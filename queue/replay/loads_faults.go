package replay

import (
	"slices"
	"time"

	"paceline/queue/sim"
)

// faulty is the tag of messages that have something wrong with them.
const faulty = "faulty"

// wide are limits that the loads of this file never reach.
var wide = sim.Limits{RequestsPerMinute: 10_000, InputTokensPerMinute: 4_000_000, OutputTokensPerMinute: 800_000}

// faultLoads have a few faulty messages beside many good ones, or an API that fails
// for a time.
func faultLoads() []Load {
	blip, storm, unreachable := AccountWith(wide), AccountWith(wide), AccountWith(wide)
	blip.Storms = []sim.Storm{{At: WarmUp + blipAt, Length: blipLength, Share: 1}}
	storm.Storms = []sim.Storm{{At: WarmUp + stormAt, Length: stormLength, Share: 1}}
	unreachable.Storms = []sim.Storm{{At: WarmUp + stormAt, Length: stormLength, Share: 1, Connection: true}}
	mute := AccountWith(busy)
	mute.HeadersMissing, mute.NoRetryAfter = 1, true
	mute.Storms = []sim.Storm{{At: WarmUp + refusedAt, Length: refusedLength, Share: 0.7, Refusing: true}}
	measured := mute
	measured.Limits = sim.GroupLimits{"": {RequestsPerMinute: 200}}
	const slowly, quickly = 62 * time.Second / 499, time.Second / 20
	loads := []Load{
		{Name: "8 a second, and 529 for 2 s", Account: blip, Users: 50, Bottleneck: BottleneckFaults, Messages: atIntervals(50, 499, slowly, short)},
		{Name: "20 a second, and 529 for 30 s", Account: storm, Users: 50, Bottleneck: BottleneckFaults, Messages: atIntervals(50, 1200, quickly, short)},
		{Name: "550 a minute of 600, nothing told, and 429 for 40 s", Account: mute, Users: 40, Bottleneck: BottleneckFaults, Messages: steady(40, 0, 3*time.Minute, 550)},
		{Name: "550 a minute of 200, nothing told, and 429 for 40 s", Account: measured, Users: 40, Bottleneck: BottleneckFaults, Messages: steady(40, 0, 3*time.Minute, 550)},
		{Name: "20 a second, and no connection for 30 s", Account: unreachable, Users: 50, Bottleneck: BottleneckFaults, Messages: atIntervals(50, 1200, quickly, short)},
	}
	for _, f := range []struct {
		name   string
		lasts  time.Duration // how long a faulty call takes
		change func(*Message)
	}{
		{"answers of 400", 0, func(m *Message) { m.Call.Malformed = 400 }},
		{"answers of 404", 0, func(m *Message) { m.Call.Malformed = 404 }},
		{"answers of 413", 0, func(m *Message) { m.Call.Malformed = 413 }},
		{"who leave before the first byte", 0, func(m *Message) { m.HangUpAfter = m.Call.FirstToken / 2 }},
		{"who leave in mid-stream", 0, func(m *Message) { m.HangUpAfter = m.Call.Took * 3 / 4 }},
		{"calls without an answer", 10 * time.Minute, func(m *Message) { m.Call.Hang, m.HangUpAfter = true, 11*time.Minute }},
	} {
		loads = append(loads, Load{
			Name: "140 beside 8 " + f.name, Account: AccountWith(busy), Users: 20, Bottleneck: BottleneckNone,
			Messages: withFaulty(20, 70, f.lasts, f.change),
		})
	}
	const seldom = 4 * time.Second // so that the spacing does not bind, either
	for _, f := range []struct {
		name   string
		change func(*Message)
	}{
		{"a 429 about one request", func(m *Message) { m.Call.Lacking = true }},
		{"a prompt that never fits", func(m *Message) { m.Call.InputTokens, m.Bytes = 60_000, 200_000 }},
	} {
		loads = append(loads, Load{
			Name: "24 users, and " + f.name, Account: AccountWith(tier1), Users: 25, Bottleneck: BottleneckNone,
			Messages: func() []*Message {
				all := atIntervals(24, 24, seldom, short)()
				one := message(24, 0, short)
				one.At, one.Tag, one.Patience = WarmUp+5*seldom+time.Second, faulty, 10*time.Minute // as the SDKs have
				f.change(one)
				return append(all, one)
			},
		})
	}
	return loads
}

// When the API fails, since the first message, and for how long.
const (
	blipAt, blipLength   = 20 * time.Second, 2 * time.Second
	stormAt, stormLength = 10 * time.Second, 30 * time.Second

	refusedAt, refusedLength = 75 * time.Second, 40 * time.Second
)

// atIntervals has users who ask in turn, one message every gap, messages in all.
func atIntervals(users, messages int, gap time.Duration, k messageKind) func() []*Message {
	return func() (all []*Message) {
		for i := range messages {
			m := message(i%users, i/users, k)
			m.At += time.Duration(i) * gap
			all = append(all, m)
		}
		return all
	}
}

// withFaulty has short messages, ten a second; when they are answered, eight faulty
// messages, which last that long; and then as many short messages as before, all at
// once.
func withFaulty(users, messages int, lasts time.Duration, change func(*Message)) func() []*Message {
	return func() []*Message {
		before := atIntervals(users, messages, time.Second/10, short)()
		at := before[len(before)-1].At + 2*time.Second
		after := allAtOnce(users, (messages+users-1)/users, short)()[:messages]
		for _, m := range after {
			m.At, m.Number = at+lasts+2*time.Second, m.Number+messages
		}
		wrong := allAtOnce(8, 1, short)()
		for _, m := range wrong {
			m.At, m.Number, m.Tag = at, m.Number+2*messages, faulty
			change(m)
		}
		return slices.Concat(before, wrong, after)
	}
}
