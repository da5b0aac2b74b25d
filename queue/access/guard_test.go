package access_test

import (
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/access"
)

func TestWhereATokenMayTravel(t *testing.T) {
	file := newFile(t)
	team := add(t, file, "team", queue.Low, false)
	other := add(t, file, "other", queue.High, true)
	tokens := openTokens(t, file)
	const key = "sk-ant-api03-of-the-caller"
	wrong := team[:len(team)-1] + "0"
	if wrong == team {
		wrong = team[:len(team)-1] + "1"
	}

	const messages, metrics, chat = "/v1/messages", "/api/queue/metrics", "/api/between/chat"
	for _, c := range []struct {
		name   string
		path   string
		header []string
		ours   bool   // accepted where the gateway has no key of its own
		own    bool   // and where it has
		who    string // asks, where it is accepted
	}{
		{"in its own header", messages, []string{"x-paceline-token", team}, true, true, "team"},
		{"in its own header", metrics, []string{"X-PACELINE-TOKEN", other}, true, true, "other"},
		{"in its own header", chat, []string{"x-paceline-token", team}, true, true, "team"},
		{"beside the caller's key", messages, []string{"x-paceline-token", team, "x-api-key", key}, true, true, "team"},
		{"beside the caller's bearer", messages, []string{"x-paceline-token", team, "Authorization", "Bearer " + key}, true, true, "team"},
		{"as key", messages, []string{"x-api-key", team}, false, true, "team"},
		{"as bearer", messages, []string{"Authorization", "Bearer " + team}, false, true, "team"},
		{"as key", chat, []string{"x-api-key", team}, false, true, "team"},
		{"as key, by another way there", "//v1//messages", []string{"x-api-key", team}, false, true, "team"},
		{"as key, by another way there", "/x/../v1/messages", []string{"x-api-key", team}, false, true, "team"},
		{"as key", metrics, []string{"x-api-key", team}, true, true, "team"},
		{"as bearer", metrics, []string{"Authorization", "Bearer " + team}, true, true, "team"},
		{"as bearer, written otherwise", metrics, []string{"authorization", "bEARER   " + team}, true, true, "team"},
		{"as bearer beside a left-over key", messages, []string{"x-api-key", key, "Authorization", "Bearer " + team}, false, true, "team"},
		{"as key beside a left-over bearer", metrics, []string{"Authorization", "Bearer x", "x-api-key", team}, true, true, "team"},
		{"in three places", metrics, []string{"x-paceline-token", team, "x-api-key", team, "Authorization", "Bearer " + team}, true, true, "team"},
		{"its own header decides", metrics, []string{"x-paceline-token", team, "x-api-key", other}, true, true, "team"},
		{"on a path that is not there", "/nothing", []string{"x-api-key", team}, true, true, "team"},

		{"none", messages, nil, false, false, ""},
		{"none", metrics, nil, false, false, ""},
		{"none", "/healthz/", nil, false, false, ""},
		{"none", "/api/hello/x", nil, false, false, ""},
		{"none", "/api%2Fhello", nil, false, false, ""},
		{"the caller's key alone", messages, []string{"x-api-key", key}, false, false, ""},
		{"empty", metrics, []string{"x-paceline-token", ""}, false, false, ""},
		{"empty beside a good one", metrics, []string{"x-paceline-token", "", "x-api-key", team}, false, false, ""},
		{"empty and a good one", metrics, []string{"x-paceline-token", "", "x-paceline-token", team}, false, false, ""},
		{"wrong beside a good one", metrics, []string{"x-paceline-token", wrong, "x-api-key", team}, false, false, ""},
		{"twice", metrics, []string{"x-paceline-token", team, "x-paceline-token", team}, false, false, ""},
		{"two", metrics, []string{"x-paceline-token", team, "x-paceline-token", other}, false, false, ""},
		{"two in one", metrics, []string{"x-paceline-token", team + ", " + other}, false, false, ""},
		{"two keys", metrics, []string{"x-api-key", team, "x-api-key", other}, false, false, ""},
		{"key and bearer of two", metrics, []string{"x-api-key", team, "Authorization", "Bearer " + other}, false, false, ""},
		{"last character wrong", metrics, []string{"x-paceline-token", wrong}, false, false, ""},
		{"one character short", metrics, []string{"x-paceline-token", team[:len(team)-1]}, false, false, ""},
		{"one character long", metrics, []string{"x-paceline-token", team + "0"}, false, false, ""},
		{"in capitals", metrics, []string{"x-paceline-token", strings.ToUpper(team)}, false, false, ""},
		{"the name", metrics, []string{"x-paceline-token", "team"}, false, false, ""},
		{"without the prefix", metrics, []string{"x-paceline-token", strings.TrimPrefix(team, "pl_")}, false, false, ""},
		{"with a space", metrics, []string{"x-paceline-token", team + " "}, false, false, ""},
		{"as bearer in its own header", metrics, []string{"x-paceline-token", "Bearer " + team}, false, false, ""},
		{"basic", metrics, []string{"Authorization", "Basic " + team}, false, false, ""},
		{"no scheme", metrics, []string{"Authorization", team}, false, false, ""},
		{"as query", metrics + "?token=" + team, nil, false, false, ""},
		{"as cookie", metrics, []string{"Cookie", "x-paceline-token=" + team}, false, false, ""},
	} {
		for _, own := range []bool{false, true} {
			h, b := newGuard(t, access.GuardOptions{Tokens: tokens, GatewayKey: own})
			w := do(h, "GET", c.path, c.header...)
			status := map[bool]int{false: 401, true: 200}[c.ours && !own || c.own && own]
			if w.Code != status || (b.requests == 1) != (status == 200) {
				t.Errorf("%s, %s, own key %v: got %d and %d requests behind it, want %d", c.name, c.path, own, w.Code, b.requests, status)
				continue
			}
			if status == 200 && (!b.known || b.caller.Name != c.who) {
				t.Errorf("%s, %s, own key %v: got caller %+v, want %s", c.name, c.path, own, b.caller, c.who)
			}
			for _, secret := range []string{team, other, wrong} {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("%s: the answer tells a token: %s", c.name, w.Body)
				}
				for name, values := range b.header {
					if name != "Cookie" && strings.Contains(strings.Join(values, " "), secret) {
						t.Errorf("%s, %s, own key %v: %s goes on with a token", c.name, c.path, own, name)
					}
				}
			}
		}
	}
}

func TestWhatIsNoTokenGoesOn(t *testing.T) {
	file := newFile(t)
	team := add(t, file, "team", queue.Normal, false)
	for _, o := range []access.GuardOptions{{}, {Tokens: openTokens(t, newFile(t))}, {Tokens: openTokens(t, file)}, {Tokens: openTokens(t, file), GatewayKey: true}} {
		h, b := newGuard(t, o)
		// pl_ may well stand in somebody's key; only what is all like ours is taken.
		do(h, "POST", "/v1/messages", "x-paceline-token", team, "x-api-key", "pl_key-of-another-API",
			"Authorization", "Bearer sk-ant-api03-pl_0123", "anthropic-beta", "a,b", "x-paceline-user", "ada")
		if b.requests != 1 {
			t.Fatalf("%+v: refused", o)
		}
		if b.header.Get("X-Api-Key") == "" || b.header.Get("Authorization") == "" || b.header.Get("Anthropic-Beta") == "" || b.header.Get("X-Paceline-User") == "" {
			t.Errorf("%+v: got header %v, want all but the token", o, b.header)
		}
		if _, ok := b.header["X-Paceline-Token"]; ok {
			t.Errorf("%+v: the token goes on", o)
		}
	}
}

// A token in the wrong place does not reach the API, even where none is asked for
// or it was revoked long ago.
func TestTokensNeverGoOn(t *testing.T) {
	const old = "pl_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, path := range []string{"/v1/messages", "/healthz", "/api/queue/metrics"} {
		h, b := newGuard(t, access.GuardOptions{})
		do(h, "GET", path, "x-paceline-token", old, "x-api-key", old, "Authorization", "Bearer "+old, "Authorization", old)
		if b.requests != 1 || b.header.Get("X-Paceline-Token")+b.header.Get("X-Api-Key")+b.header.Get("Authorization") != "" || b.known {
			t.Errorf("%s: got header %v, known %v, want nothing of the token", path, b.header, b.known)
		}
		do(h, "GET", path, "x-api-key", old[:60], "Authorization", "Bearer\tpl_pl_"+old+"0")
		if b.header.Get("X-Api-Key")+b.header.Get("Authorization") != "" {
			t.Errorf("%s: got header %v, want nothing of a token that was cut", path, b.header)
		}
	}
}

func TestWhenATokenIsAskedFor(t *testing.T) {
	none, one, revoked := newFile(t), newFile(t), newFile(t)
	add(t, one, "team", queue.Normal, false)
	add(t, revoked, "team", queue.Normal, false)
	if left, err := revoked.Revoke(t.Context(), "team"); err != nil || len(left) != 0 {
		t.Fatalf("Revoke: got %d left, %v", len(left), err)
	}
	for _, c := range []struct {
		name    string
		options access.GuardOptions
		asked   bool
		says    string
	}{
		{"no file", access.GuardOptions{}, false, ""},
		{"none made", access.GuardOptions{Tokens: openTokens(t, none)}, false, ""},
		{"none made, required", access.GuardOptions{Tokens: openTokens(t, none), RequireToken: true}, true, "paceline token new NAME"},
		{"one", access.GuardOptions{Tokens: openTokens(t, one)}, true, "x-paceline-token"},
		{"one, required", access.GuardOptions{Tokens: openTokens(t, one), RequireToken: true}, true, "x-paceline-token"},
		{"the last one revoked", access.GuardOptions{Tokens: openTokens(t, revoked)}, true, "paceline token new NAME"},
	} {
		h, b := newGuard(t, c.options)
		for _, path := range []string{"/v1/messages", "/api/queue/metrics", "/metrics", "/nothing"} {
			w := do(h, "GET", path)
			if got := w.Code == 401; got != c.asked || b.known || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s, %s: got %d %s, want a token asked for %v, and %q said", c.name, path, w.Code, w.Body, c.asked, c.says)
			}
		}
		for _, path := range []string{"/healthz", "/readyz", "//healthz", "/", "/api/hello"} {
			if w := do(h, "GET", path); w.Code != 200 {
				t.Errorf("%s, %s: got %d, want 200: it is for everybody", c.name, path, w.Code)
			}
		}
	}
	if _, err := access.NewGuard(access.GuardOptions{RequireToken: true}); err == nil {
		t.Error("required without a file: got no error, want one")
	}
}

func TestOnlyAdminsChangeTheQueue(t *testing.T) {
	plainOnly, withAdmin, adminRevoked := newFile(t), newFile(t), newFile(t)
	plain := map[access.TokenFile]string{}
	for _, f := range []access.TokenFile{plainOnly, withAdmin, adminRevoked} {
		plain[f] = add(t, f, "team", queue.Normal, false)
	}
	admin := add(t, withAdmin, "ops", queue.Normal, true)
	add(t, adminRevoked, "ops", queue.Normal, true)
	if _, err := adminRevoked.Revoke(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		file         access.TokenFile
		token        string
		method, path string
		status       int
	}{
		{"no admin yet", plainOnly, plain[plainOnly], "POST", "/api/queue/metrics", 200},
		{"an admin", withAdmin, admin, "POST", "/api/queue/metrics", 200},
		{"an admin", withAdmin, admin, "PATCH", "/api/queue/settings", 200},
		{"a team", withAdmin, plain[withAdmin], "POST", "/api/queue/metrics", 403},
		{"a team", withAdmin, plain[withAdmin], "PATCH", "/api/queue/settings", 403},
		{"a team", withAdmin, plain[withAdmin], "DELETE", "/api/queue/waiting/7", 403},
		{"a team", withAdmin, plain[withAdmin], "PATCH", "/api/queue/waiting/7", 403},
		{"a team", withAdmin, plain[withAdmin], "DELETE", "/api/queue/waiting?user=x", 403},
		{"a team", withAdmin, plain[withAdmin], "PATCH", "/api/queue/waiting?user=x", 403},
		{"a team", withAdmin, plain[withAdmin], "PATCH", "/api/queue/waiting/%2E%2E", 403},
		{"a team, for a request with such an ID", withAdmin, plain[withAdmin], "PATCH", "/api/queue/waiting/%2E%2E%2F%2E%2E%2F%2E%2E%2Fv1", 403},
		{"an admin", withAdmin, admin, "PATCH", "/api/queue/waiting?user=x", 200},
		{"an admin", withAdmin, admin, "DELETE", "/api/queue/waiting?user=x", 200},
		{"no admin yet", plainOnly, plain[plainOnly], "DELETE", "/api/queue/waiting?user=x", 200},
		{"nobody", withAdmin, "", "DELETE", "/api/queue/waiting?user=x", 401},
		{"a team", withAdmin, plain[withAdmin], "OPTIONS", "/api/queue/settings", 403},
		{"a team", withAdmin, plain[withAdmin], "get", "/api/queue/settings", 403},
		{"a team, by another way there", withAdmin, plain[withAdmin], "POST", "//api/queue/metrics", 403},
		{"a team, by another way there", withAdmin, plain[withAdmin], "POST", "/api//queue/./metrics", 403},
		{"a team, by another way there", withAdmin, plain[withAdmin], "POST", "/%61pi/queue//metrics", 403},
		{"a team, where nothing is", withAdmin, plain[withAdmin], "POST", "/v1/../api/queue/metrics", 200},
		{"a team, where nothing is", withAdmin, plain[withAdmin], "POST", "/api%2fqueue/metrics", 200},
		{"a team", withAdmin, plain[withAdmin], "GET", "/api/queue/metrics", 200},
		{"a team", withAdmin, plain[withAdmin], "HEAD", "/api/queue/settings", 200},
		{"a team", withAdmin, plain[withAdmin], "POST", "/v1/messages", 200},
		{"a team", withAdmin, plain[withAdmin], "POST", "/api/between/chat", 200},
		{"a team", withAdmin, plain[withAdmin], "POST", "/api/queues", 200},
		{"nobody", withAdmin, "", "POST", "/api/queue/metrics", 401},
		{"a team, after the admin", adminRevoked, plain[adminRevoked], "POST", "/api/queue/metrics", 403},
	} {
		h, b := newGuard(t, access.GuardOptions{Tokens: openTokens(t, c.file)})
		var header []string
		if c.token != "" {
			header = []string{"x-paceline-token", c.token}
		}
		w := do(h, c.method, c.path, header...)
		if w.Code != c.status || b.requests == 1 != (c.status == 200) {
			t.Errorf("%s, %s %s: got %d, want %d", c.name, c.method, c.path, w.Code, c.status)
		}
		if w.Code == 403 && (w.Header().Get("X-Paceline-Refused") != "admin" || !strings.Contains(w.Body.String(), `--admin`)) {
			t.Errorf("%s, %s %s: got %v %s, want refused for admin, and how to make one", c.name, c.method, c.path, w.Header(), w.Body)
		}
	}
	h, _ := newGuard(t, access.GuardOptions{})
	if w := do(h, "POST", "/api/queue/metrics"); w.Code != 200 {
		t.Errorf("without tokens: got %d, want 200", w.Code)
	}
}

func TestHandlersGetTheCaller(t *testing.T) {
	file := newFile(t)
	want := access.Caller{Name: "ops", Priority: queue.High, Admin: true, Role: access.RoleAdmin, Weight: 2}
	secret, err := file.Add(t.Context(), access.Token{Name: "ops", Priority: queue.High, Admin: true, Weight: 2})
	if err != nil {
		t.Fatal(err)
	}
	h, b := newGuard(t, access.GuardOptions{Tokens: openTokens(t, file)})
	do(h, "GET", "/v1/models", "x-paceline-token", secret)
	if !b.known || b.caller != want {
		t.Errorf("got %+v %v, want %+v", b.caller, b.known, want)
	}
	if do(h, "GET", "/healthz", "x-paceline-token", secret); b.known {
		t.Errorf("/healthz: got %+v, want nobody: no token was asked for", b.caller)
	}
	if c, ok := access.CallerFrom(t.Context()); ok || c != (access.Caller{}) {
		t.Errorf("another context: got %+v %v, want nobody", c, ok)
	}
}
