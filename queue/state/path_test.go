package state

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the directories are of another system")
	}
	env := map[string]string{"HOME": "/home/me", "LocalAppData": "/local"}
	xdg := map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "/var/state/"}
	for _, c := range []struct {
		system string
		env    map[string]string
		name   string
		want   string // empty: an error
	}{
		{"linux", env, "127.0.0.1:3000", "/home/me/.local/state/paceline/127.0.0.1_3000.json"},
		{"freebsd", env, "[::1]:3000", "/home/me/.local/state/paceline/___1__3000.json"},
		{"darwin", env, "x", "/home/me/Library/Application Support/paceline/x.json"},
		{"windows", env, "x", "/local/paceline/x.json"},
		{"linux", xdg, "x", "/var/state/paceline/x.json"},
		{"darwin", xdg, "x", "/var/state/paceline/x.json"},
		{"windows", xdg, "x", "/var/state/paceline/x.json"},
		{"linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "state"}, "x", "/h/.local/state/paceline/x.json"},
		{"linux", nil, "x", ""},
		{"linux", map[string]string{"HOME": "home"}, "x", ""},
		{"windows", map[string]string{"HOME": "/home/me"}, "x", ""},
		{"linux", env, "", ""},
		{"linux", env, "../../etc/passwd", "/home/me/.local/state/paceline/_.._.._etc_passwd.json"},
		{"linux", env, "..", "/home/me/.local/state/paceline/_...json"},
		{"linux", env, "-rf", "/home/me/.local/state/paceline/_-rf.json"},
		{"linux", env, "LocalHost:80", "/home/me/.local/state/paceline/localhost_80.json"},
		{"linux", env, "é\x00\xff\n", "/home/me/.local/state/paceline/____.json"},
		{"linux", env, strings.Repeat("x", 1000), "/home/me/.local/state/paceline/" + strings.Repeat("x", 100) + ".json"},
	} {
		got, err := pathOn(c.system, func(key string) string { return c.env[key] }, c.name)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s, %v, %q: got %s, %v, want %s", c.system, c.env, c.name, got, err, c.want)
		}
	}
	got, err := Path(func(string) string { return t.TempDir() }, "x")
	if err != nil || filepath.Base(got) != "x.json" {
		t.Errorf("got %s, %v", got, err)
	}
}
