package gateway_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// asUser is hello with a metadata.user_id.
func asUser(id string) string {
	quoted, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	return strings.Replace(hello, "{", `{"metadata":{"user_id":`+string(quoted)+`},`, 1)
}

func TestUserOf(t *testing.T) {
	const account = "5f2c1e1a-0000-4000-8000-000000000001"
	device := strings.Repeat("0123456789abcdef", 4)
	claudeCode := func(session string) string {
		return asUser("user_" + device + "_account_" + account + "_session_" + session)
	}
	asJSON := asUser(`{"device_id":"` + device + `","account_uuid":"` + account + `","session_id":"s1"}`)
	for _, c := range []struct {
		name, body string
		header     []string
		want       string
	}{
		{"nobody says", hello, nil, "127.0.0.1"},
		{"header", hello, []string{"X-Paceline-User", "ann"}, "ann"},
		{"header before metadata and session", asUser("ben"), []string{"X-Paceline-User", "ann", "X-Claude-Code-Session-Id", "s"}, "ann"},
		{"blank header", asUser("ben"), []string{"X-Paceline-User", "  "}, "ben"},
		{"metadata", asUser("ben"), []string{"X-Claude-Code-Session-Id", "s"}, "ben"},
		{"metadata with spaces", asUser(" ben "), nil, "ben"},
		{"metadata with a word of Claude Code's", asUser("acme_session_7"), nil, "acme_session_7"},
		{"Claude Code", claudeCode("a"), nil, "account_" + account},
		{"Claude Code, another session", claudeCode("b"), []string{"X-Claude-Code-Session-Id", "b"}, "account_" + account},
		{"Claude Code without an account", asUser("user_" + device + "_account__session_a"), nil, "user_" + device[:16]},
		{"Claude Code as JSON", asJSON, nil, "account_" + account},
		{"Claude Code as JSON without an account", asUser(`{"device_id":"` + device + `","account_uuid":"","session_id":"s1"}`), nil, "user_" + device[:16]},
		{"JSON of somebody else", asUser(`{"id":5}`), nil, `{"id":5}`},
		{"JSON of somebody else with a session", asUser(`{"tenant":"acme","session_id":"s1"}`), nil, `{"tenant":"acme"}`},
		{"session alone", hello, []string{"X-Claude-Code-Session-Id", "s-1"}, "127.0.0.1"},
		{"session alone as JSON", asUser(`{"device_id":"","account_uuid":"","session_id":"s1"}`), nil, "127.0.0.1"},
		{"session alone as JSON without the rest", asUser(`{"session_id":"s1"}`), nil, "127.0.0.1"},
		{"session alone in words", asUser("user__account__session_s1"), nil, "127.0.0.1"},
		{"session alone in fewer words", asUser("user__session_s1"), nil, "127.0.0.1"},
		{"JSON of no text", asUser(`{"device_id":5,"session_id":"s1"}`), nil, `{"device_id":5,"session_id":"s1"}`},
		{"JSON that is cut", asUser(`{"session_id":"s1"`), nil, `{"session_id":"s1"`},
		{"metadata that is no text", strings.Replace(hello, "{", `{"metadata":{"user_id":5},`, 1), nil, "127.0.0.1"},
		{"too long", asUser("x" + strings.Repeat("é", 100)), nil, "x" + strings.Repeat("é", 63)},
		{"no UTF-8", hello, []string{"X-Paceline-User", "a\xffb"}, "a\uFFFDb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, simulated(t), unspaced())
			if a := r.post("/v1/messages", c.body, c.header...); a.status != 200 {
				t.Fatalf("got %d %s", a.status, a.body)
			}
			users := r.queue.Report().Detail.Users
			if len(users) != 1 || users[0].Name != c.want {
				t.Errorf("got %+v, want %q", users, c.want)
			}
		})
	}
}

// What Claude Code 2.1.197 sends when it is signed in with a key: of the main thread,
// of a subagent, and of a subagent's subagent.
const claudeCodeSession = "f84c78f4-c4a3-47ae-a97f-bad7c9af7056"

var (
	claudeCodeUser   = asUser(`{"device_id":"a7165e46d6a8e8c5d1ca1942039153d300542786027f54b0ecf5b8f41725f292","account_uuid":"","session_id":"` + claudeCodeSession + `"}`)
	claudeCodeMain   = []string{"User-Agent", "claude-cli/2.1.197 (external, sdk-cli)", "X-App", "cli", "X-Claude-Code-Session-Id", claudeCodeSession}
	claudeCodeAgent  = slices.Concat(claudeCodeMain, []string{"X-Claude-Code-Agent-Id", "af237cdb6c893218b"})
	claudeCodeNested = slices.Concat(claudeCodeMain, []string{"X-Claude-Code-Agent-Id", "a241c22733a178400", "X-Claude-Code-Parent-Agent-Id", "af237cdb6c893218b"})
)

func TestSessions(t *testing.T) {
	const one = "user_a7165e46d6a8e8c5"
	for _, c := range []struct {
		name, body string
		header     []string
		want       logLine // its user, session and whether it is a subagent
	}{
		{"none", hello, nil, logLine{User: "team"}},
		{"Claude Code", claudeCodeUser, claudeCodeMain, logLine{User: one, Session: claudeCodeSession}},
		{"its subagent", claudeCodeUser, claudeCodeAgent, logLine{User: one, Session: claudeCodeSession, Subagent: true}},
		{"a subagent's subagent", claudeCodeUser, claudeCodeNested, logLine{User: one, Session: claudeCodeSession, Subagent: true}},
		{"header alone", hello, claudeCodeAgent, logLine{User: "team", Session: claudeCodeSession, Subagent: true}},
		{"metadata alone", claudeCodeUser, nil, logLine{User: one, Session: claudeCodeSession}},
		{"metadata with only a session", asUser(`{"session_id":"s1"}`), []string{"X-Claude-Code-Agent-Id", "a1"}, logLine{User: "team", Session: "s1", Subagent: true}},
		{"metadata in words", asUser("user_0123_account__session_s1"), nil, logLine{User: "user_0123", Session: "s1"}},
		{"metadata in words with only a session", asUser("user__account__session_s1"), nil, logLine{User: "team", Session: "s1"}},
		{"another session in the header", claudeCodeUser, []string{"X-Claude-Code-Session-Id", "s2"}, logLine{User: one, Session: "s2"}},
		{"a name besides", claudeCodeUser, []string{"X-Paceline-User", "ann"}, logLine{User: "ann", Session: claudeCodeSession}},
		{"blanks", hello, []string{"X-Claude-Code-Session-Id", "  ", "X-Claude-Code-Agent-Id", " "}, logLine{User: "team"}},
		{"blank agent", hello, []string{"X-Claude-Code-Session-Id", " s1 ", "X-Claude-Code-Agent-Id", " "}, logLine{User: "team", Session: "s1"}},
		{"an agent of no session", hello, []string{"X-Claude-Code-Agent-Id", "a1"}, logLine{User: "team"}},
		{"too long", hello, []string{"X-Claude-Code-Session-Id", strings.Repeat("s", 1000)}, logLine{User: "team", Session: strings.Repeat("s", 128)}},
		{"no UTF-8", hello, []string{"X-Claude-Code-Session-Id", "a\xffb"}, logLine{User: "team", Session: "a\uFFFDb"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, unspaced(), func(b *bubble) {
				b.ask("POST", "/v1/messages", c.body, append([]string{"X-Test-Token", "team"}, c.header...)...)
				l := b.logged()
				if got := (logLine{User: l[0].User, Session: l[0].Session, Subagent: l[0].Subagent}); got != c.want {
					b.Errorf("got %+v, want %+v", got, c.want)
				}
			}, named)
		})
	}
}

// A session is part of a user: whoever opens many gets no more turns by it.
func TestASessionIsNoUser(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		for _, session := range []string{"s1", "s2", "s3"} {
			b.ask("POST", "/v1/messages", hello, "X-Claude-Code-Session-Id", session)
			b.ask("POST", "/v1/messages", asUser(`{"session_id":"`+session+`"}`))
		}
		if users := b.queue.Report().Detail.Users; len(users) != 1 || users[0].Done != 6 {
			b.Errorf("got the users %+v, want one with all six requests", users)
		}
	})
}

// The log names the token, so that an operator knows whose requests fail.
func TestLogNamesTheTokenAndTheUser(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.ask("POST", "/v1/messages", asUser("ann\x1b[2J"), "X-Test-Token", "team")
		l := b.logged()
		if len(l) != 1 || l[0].Token != "team" || l[0].User != `ann\x1b[2J` || l[0].Status != 200 || l[0].UpstreamID != b.seen()[0].requestID {
			b.Errorf("the log says %+v", l)
		}
	}, named)
}
