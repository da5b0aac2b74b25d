package client

import (
	"context"
	"net/http"
	"testing"
	"time"

	"paceline/queue/access"
	"paceline/queue/api"
)

func TestRole(t *testing.T) {
	for _, stream := range []bool{false, true} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			if !stream {
				s.stream = nil
			}
			role, metrics, streamed := "viewer", server.metrics, server.stream
			server.metrics = func(w http.ResponseWriter, r *http.Request) {
				if role != "" {
					w.Header().Set("x-paceline-role", role)
				}
				if role == "broken" {
					w.WriteHeader(http.StatusBadGateway)
				}
				metrics(w, r)
			}
			server.stream = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("x-paceline-role", "member")
				streamed(w, r)
			}
			poll := func() Sample {
				sample, err := s.Poll(context.Background())
				check(t, "failed", err != nil, role == "broken")
				time.Sleep(time.Second)
				return sample
			}
			check(t, "the first", poll().Role, RoleViewer)
			role = "broken"
			poll()
			role = "ad\u202emin"
			cleaned := poll().Role // a stream may have begun beside it, whose server tells another one
			if !stream {
				check(t, "cleaned", cleaned, RoleAdmin)
				role = "member"
			}
			poll()
			check(t, "the last", poll().Role, RoleMember)
			if !stream {
				role = ""
				check(t, "of an older server", poll().Role, "")
			}
		})
	}
	for role, may := range map[Role][2]bool{
		"": {true, true}, RoleAdmin: {true, true}, RoleViewer: {false, true}, RoleMember: {false, false}, "auditor": {false, true},
	} {
		check(t, string(role), [2]bool{role.MayChange(), role.SeesAll()}, may)
	}
}

// A server of this program tells the role, by one name on both sides.
func TestRoleOfOurServer(t *testing.T) {
	guard, err := access.NewGuard(access.GuardOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q := newQueue(t)
	s := newHTTP(t, serve(t, guard.Wrap(api.New(q, api.Options{})).ServeHTTP).URL, HTTPOptions{})
	for name, source := range map[string]Source{"HTTP": s, "embedded": NewEmbedded(q, nil)} {
		sample, err := source.Poll(t.Context())
		if err != nil || sample.Role != RoleAdmin {
			t.Errorf("%s: got %q, %v, want an admin", name, sample.Role, err)
		}
	}
	check(t, "admin", string(RoleAdmin), string(access.RoleAdmin))
	check(t, "viewer", string(RoleViewer), string(access.RoleViewer))
	check(t, "member", string(RoleMember), string(access.RoleMember))
	check(t, "header", roleHeader, access.RoleHeader)
}
