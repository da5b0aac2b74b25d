package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"paceline/queue/gateway"
)

// ownersInMemory is an Owners.
type ownersInMemory struct{ of sync.Map }

func (o *ownersInMemory) Owner(id string) (string, bool) {
	token, known := o.of.Load(id)
	if !known {
		return "", false
	}
	return token.(string), true
}

func (o *ownersInMemory) Add(id, token string) { o.of.Store(id, token) }

// store is an API that keeps files and batches, the newest first, for whoever has
// the key.
type store struct {
	mu     sync.Mutex
	ids    map[string][]string // by folder
	asked  []string            // everything that arrived
	cursor bool                // lists go on at next_page, and not behind last_id
}

func newStore(t *testing.T) (*store, string) {
	t.Helper()
	s := &store{ids: map[string][]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	folder, prefix := "/v1/files", "file_"
	if strings.HasPrefix(r.URL.Path, "/v1/messages/batches") {
		folder, prefix = "/v1/messages/batches", "msgbatch_"
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("Accept-Encoding") != "identity" && r.URL.Path == folder {
		w.Header().Set("Content-Encoding", "zstd")
		_, _ = io.WriteString(w, "nobody reads this")
		return
	}
	switch rest := strings.TrimPrefix(r.URL.Path, folder); {
	case rest == "" && r.Method == "POST":
		id := prefix + strconv.Itoa(len(s.ids[folder]))
		s.ids[folder] = slices.Insert(s.ids[folder], 0, id)
		_, _ = fmt.Fprintf(w, `{"id":%q,"type":"file"}`, id)
	case rest == "" && r.Method == "GET":
		s.list(w, r, s.ids[folder])
	default:
		_, _ = fmt.Fprintf(w, `{"you":"got %s %s"}`, r.Method, r.URL.Path)
	}
}

// list answers with a page, in one of the API's two forms.
func (s *store) list(w http.ResponseWriter, r *http.Request, ids []string) {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit == 0 {
		limit = 20
	}
	begin := 0
	if after := q.Get("after_id"); after != "" {
		begin = slices.Index(ids, after) + 1
	}
	if page := q.Get("page"); page != "" {
		begin, _ = strconv.Atoi(page)
	}
	end := min(len(ids), begin+limit)
	if before := q.Get("before_id"); before != "" {
		end = slices.Index(ids, before)
		begin = max(0, end-limit)
	}
	data := []map[string]string{}
	for _, id := range ids[begin:end] {
		data = append(data, map[string]string{"id": id, "filename": "<" + id + ">"})
	}
	more := end < len(ids)
	if q.Has("before_id") {
		more = begin > 0
	}
	answer := map[string]any{"data": data}
	switch {
	case s.cursor:
		answer["next_page"] = nil
		if more {
			answer["next_page"] = strconv.Itoa(end)
		}
	default:
		answer["has_more"], answer["first_id"], answer["last_id"] = more, nil, nil
		if len(data) > 0 {
			answer["first_id"], answer["last_id"] = data[0]["id"], data[len(data)-1]["id"]
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// onOwnKey has tokens call with the gateway's key; ops is an admin's.
func onOwnKey(o *gateway.Options) {
	named(o)
	o.Key, o.Owners = "sk-own", &ownersInMemory{}
}

// as asks as a token.
func (r *rig) as(token, method, path, body string, header ...string) answer {
	r.t.Helper()
	return send(r.t.Context(), r.t, method, r.url+path, strings.NewReader(body), append(header, "X-Test-Token", token)...)
}

// make makes a file or a batch, and returns its ID.
func (r *rig) make(token, folder string) string {
	r.t.Helper()
	var made struct{ ID string }
	a := r.as(token, "POST", folder, "{}", "Accept-Encoding", "gzip")
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != 200 {
		r.t.Fatalf("got %d %s", a.status, a.body)
	}
	return made.ID
}

// On the gateway's own key every token once reached the files and batches of all.
func TestFilesAndBatchesAreTheirTokensOwn(t *testing.T) {
	api, url := newStore(t)
	r := newRig(t, url, unspaced(), onOwnKey)
	for _, folder := range []string{"/v1/files", "/v1/messages/batches"} {
		mine, other := r.make("team", folder), r.make("guest", folder)
		api.ids[folder] = append(api.ids[folder], "old_1") // made before
		for _, c := range []struct{ method, rest string }{
			{"GET", ""}, {"HEAD", ""}, {"DELETE", ""}, {"GET", "/content"}, {"GET", "/results"}, {"POST", "/cancel"}, {"PUT", ""}, {"PATCH", "/x/y"},
		} {
			ask := func(token, id string) answer { return r.as(token, c.method, folder+"/"+id+c.rest, "") }
			for _, token := range []string{"team", "ops"} {
				if a := ask(token, mine); a.status != 200 {
					t.Errorf("%s %s%s by %s: got %d %s", c.method, mine, c.rest, token, a.status, a.body)
				}
			}
			if a := ask("ops", "old_1"); a.status != 200 {
				t.Errorf("what is not known, by an admin: got %d", a.status)
			}
			before := len(api.asked)
			none := ask("team", "nothing")
			for _, id := range []string{other, "old_1", "nothing"} {
				a := ask("team", id)
				same := strings.ReplaceAll(a.body, id, "nothing")
				if a.status != 404 || c.method != "HEAD" && (apiErrorType(a.body) != "not_found_error" || withoutID(t, same) != withoutID(t, none.body)) {
					t.Errorf("%s %s%s: got %d %s, want the 404 of what is not there: %s", c.method, id, c.rest, a.status, a.body, none.body)
				}
			}
			if len(api.asked) != before {
				t.Errorf("the API was asked %q", api.asked[before:])
			}
		}
		// Nor on any way round.
		before := len(api.asked)
		for _, path := range []string{"//" + other, "/" + mine + "%2F..%2F" + other, "/" + mine + "/../" + other, "/" + mine + "/%252e%252e/" + other, "/%66ile_1", "/" + mine + ";/../" + other} {
			if text := r.talk("GET " + folder + path + " HTTP/1.1\r\nHost: x\r\nX-Test-Token: team\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(text, "HTTP/1.1 404 ") {
				t.Errorf("%s: got %.100q", path, text)
			}
		}
		if a := r.as("team", "HEAD", folder, ""); a.status != 404 {
			t.Errorf("HEAD of the list: got %d", a.status)
		}
		if len(api.asked) != before {
			t.Errorf("the API was asked %q", api.asked[before:])
		}
	}
}

// withoutID is an error without the name of its request.
func withoutID(t *testing.T, body string) string {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	delete(e, "request_id")
	return fmt.Sprint(e)
}

// Without a key of the gateway's own, or without tokens, the API decides.
func TestCallersWithTheirOwnKeyAreNotConfined(t *testing.T) {
	_, url := newStore(t)
	for name, change := range map[string]func(*gateway.Options){
		"the clients' keys": func(o *gateway.Options) { onOwnKey(o); o.Key = "" },
		"no tokens":         func(o *gateway.Options) { onOwnKey(o); o.Caller = nil },
	} {
		r := newRig(t, url, unspaced(), change)
		for _, path := range []string{"/v1/files", "/v1/files/old_1", "/v1/messages/batches/old_2/results"} {
			if a := r.as("team", "GET", path, ""); a.status != 200 {
				t.Errorf("%s: %s: got %d %s", name, path, a.status, a.body)
			}
		}
		if a := r.as("team", "POST", "/v1/messages/count_tokens", hello, "Content-Encoding", "gzip"); a.status != 200 {
			t.Errorf("%s: a compressed body: got %d %s", name, a.status, a.body)
		}
	}
	r := newRig(t, url, unspaced(), onOwnKey, func(o *gateway.Options) { o.Owners = nil })
	if a := r.as("team", "GET", "/v1/files/"+r.make("team", "/v1/files"), ""); a.status != 404 {
		t.Errorf("nobody remembers: got %d, want 404", a.status)
	}
}

// listed is a page as a client sees it.
type listed struct {
	Data    []struct{ ID, Filename string }
	More    bool   `json:"has_more"`
	FirstID string `json:"first_id"`
	LastID  string `json:"last_id"`
	Next    string `json:"next_page"`
}

// all reads a list as the SDKs do: page after page, until one is empty or the last.
func (r *rig) all(token, folder, query string) (ids []string, pages int) {
	r.t.Helper()
	for at := ""; ; {
		a := r.as(token, "GET", folder+"?"+query+at, "", acceptFor(token)...)
		var l listed
		if err := json.Unmarshal([]byte(a.body), &l); err != nil || a.status != 200 {
			r.t.Fatalf("got %d %s", a.status, a.body)
		}
		pages++
		if strings.Contains(query, "limit=7") && len(l.Data) > 7 {
			r.t.Errorf("a page has %d, want 7 at most", len(l.Data))
		}
		for _, e := range l.Data {
			if e.Filename != "<"+e.ID+">" {
				r.t.Errorf("got the entry %+v", e)
			}
			ids = append(ids, e.ID)
		}
		if n := len(l.Data); n > 0 && l.Next == "" && !strings.HasSuffix(query, "cursor") && (l.FirstID != l.Data[0].ID || l.LastID != l.Data[n-1].ID) {
			r.t.Errorf("the page is from %s to %s, and has %+v", l.FirstID, l.LastID, l.Data)
		}
		switch {
		case len(l.Data) > 0 && l.Next != "":
			at = "&page=" + l.Next
		case len(l.Data) > 0 && l.More && strings.Contains(query, "before_id"):
			query = "limit=7&before_id=" + l.FirstID
		case len(l.Data) > 0 && l.More:
			at = "&after_id=" + l.LastID
		default:
			return ids, pages
		}
	}
}

// acceptFor is what a client of that token may send: an admin's answer is not read
// on its way.
func acceptFor(token string) []string {
	if token == "ops" {
		return nil
	}
	return []string{"Accept-Encoding", "gzip, zstd"}
}

// A list has what is the token's own, all of it, however much of the others lies
// between.
func TestListsHaveWhatIsTheTokensOwn(t *testing.T) {
	for _, cursor := range []bool{false, true} {
		api, url := newStore(t)
		api.cursor = cursor
		r := newRig(t, url, unspaced(), onOwnKey)
		const folder = "/v1/files"
		want := map[string][]string{}
		for i := range 120 {
			token := "guest"
			if i < 30 || i == 119 {
				token = "team"
			}
			want[token] = append([]string{r.make(token, folder)}, want[token]...)
		}
		suffix := ""
		if cursor {
			suffix = "&x=cursor"
		}
		for _, query := range []string{"", "limit=7", "limit=1000"} {
			for token, ids := range want {
				if got, pages := r.all(token, folder, query+suffix); !slices.Equal(got, ids) {
					t.Errorf("%s, %q, cursor %v: got %d in %d pages, want %d: %v", token, query, cursor, len(got), pages, len(ids), got)
				}
			}
			if got, _ := r.all("ops", folder, query+suffix); len(got) != 120 {
				t.Errorf("an admin got %d, want all 120", len(got))
			}
			if got, _ := r.all("nobody", folder, query+suffix); len(got) != 0 {
				t.Errorf("who has made none got %v", got)
			}
		}
		if !cursor {
			got, _ := r.all("team", folder, "limit=7&before_id="+api.ids[folder][119])
			slices.Sort(got)
			if len(got) != 30 { // all but the one that it is before
				t.Errorf("backwards: got %d, want 30: %v", len(got), got)
			}
		}
	}
}

// A list that cannot be read shows nothing, and what the API refuses is the API's.
func TestListsThatCannotBeReadShowNothing(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   int
	}{
		{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n[{\"id\":\"file_1\"}]", 502},
		{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfile_1", 502},
		{"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"data\":[{\"id\":\"file_1\"}", 502},
		{"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}", 429},
	} {
		url := newHostile(t, func(w *wire) { w.request(); w.say(c.answer); _ = w.Close() })
		r := newRig(t, url, unspaced(), onOwnKey)
		if a := r.as("team", "GET", "/v1/files", ""); a.status != c.want || strings.Contains(a.body, "file_1") {
			t.Errorf("%q: got %d %s, want %d", c.answer, a.status, a.body, c.want)
		}
	}
}

// A message that names another token's file would read it.
func TestMessagesNameTheirTokensFilesAlone(t *testing.T) {
	api, url := newStore(t)
	r := newRig(t, url, unspaced(), onOwnKey)
	mine, other := r.make("team", "/v1/files"), r.make("guest", "/v1/files")
	naming := func(key, id string) string {
		return `{"model":"claude-sonnet-5-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file",` +
			key + ` : ` + id + `}}]}]}`
	}
	quoted := func(s string) string { return `"` + s + `"` }
	escaped := fmt.Sprintf(`"\u%04x%s"`, other[0], other[1:])
	for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"} {
		for _, c := range []struct {
			name, token, body string
			header            []string
			want              int
		}{
			{"own", "team", naming(`"file_id"`, quoted(mine)), nil, 200},
			{"another's", "team", naming(`"file_id"`, quoted(other)), nil, 404},
			{"another's in escapes", "team", naming(`"file\u005fid"`, escaped), nil, 404},
			{"another's behind much text", "team", `{"x":"` + strings.Repeat(`a\"`, 300_000) + `",` + naming(`"file_id"`, quoted(other))[1:], nil, 404},
			{"another's, by an admin", "ops", naming(`"file_id"`, quoted(other)), nil, 200},
			{"in a text", "team", naming(`"text"`, quoted(other)), nil, 200},
			{"one that the API made", "team", naming(`"file_id"`, `"file_made_by_a_tool"`), nil, 200},
			{"in a schema", "team", naming(`"file_id"`, `{"type":"string"}`), nil, 200},
			{"another's, compressed", "team", packed(t, "gzip", naming(`"file_id"`, quoted(other))), []string{"Content-Encoding", "gzip"}, 404},
			{"own, compressed", "team", packed(t, "zstd", naming(`"file_id"`, quoted(mine))), []string{"Content-Encoding", "zstd"}, 200},
			{"another's behind what is no gzip", "team", naming(`"file_id"`, quoted(other)), []string{"Content-Encoding", "gzip"}, 400},
			{"another's, cut off", "team", packed(t, "gzip", naming(`"file_id"`, quoted(other)))[:20], []string{"Content-Encoding", "gzip"}, 400},
			{"out of sight", "team", hello, []string{"Content-Encoding", "br"}, 400},
			{"compressed twice", "team", hello, []string{"Content-Encoding", "gzip, gzip"}, 400},
			{"out of sight, by an admin", "ops", hello, []string{"Content-Encoding", "br"}, 200},
		} {
			before := len(api.asked)
			a := r.as(c.token, "POST", path, c.body, c.header...)
			if a.status != c.want || c.want == 404 && apiErrorType(a.body) != "not_found_error" {
				t.Errorf("%s: %s: got %d %s, want %d", path, c.name, a.status, a.body, c.want)
			}
			if asked := len(api.asked) > before; asked != (c.want == 200) {
				t.Errorf("%s: %s: the API was asked: %v", path, c.name, asked)
			}
		}
	}
}
