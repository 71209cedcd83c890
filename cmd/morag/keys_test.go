package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// morag runs a command in this process.
func morag(t *testing.T, args ...string) (exit int, out, complaints string) {
	t.Helper()
	var printed, complaint strings.Builder
	exit = run(t.Context(), args, nil, streams{out: &printed, err: &complaint})
	return exit, printed.String(), complaint.String()
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	key := func(args ...string) []string { return append(append([]string{"keys"}, args...), "--data-dir", dir) }

	if exit, _, says := morag(t, key("list")...); exit != exitFailed || !strings.Contains(says, "MORAG_DATA_DIR") {
		t.Errorf("a folder that is not there: exit %d, %q", exit, says)
	}
	exit, text, says := morag(t, key("create", "--new", "--role", "client", "--name", "alice")...)
	if exit != 0 || !strings.HasPrefix(text, "morag_") || strings.Count(text, "\n") != 1 || strings.Contains(says, strings.TrimSpace(text)) {
		t.Fatalf("exit %d, printed %q, said %q; want the key alone", exit, text, says)
	}
	id := strings.Split(text, "_")[1]
	for _, tt := range []struct {
		args []string
		exit int
		says string
	}{
		{key("create", "--role", "client", "--name", "alice", "--scope", "all"), 0, "alice"},
		{key("create", "--role", "worker", "--name", "alice"), exitFailed, "another role"},
		{key("create", "--role", "worker", "--name", "gpu", "--scope", "all"), exitUsage, "worker"},
		{key("create", "--role", "worker", "--name", "a b"), exitUsage, "name"},
		{key("create", "--role", "boss", "--name", "x"), exitUsage, "role"},
		{key("create", "--name", "x"), exitUsage, "role"},
		{key("create", "--role", "admin"), exitUsage, "name"},
		{key("create", "--role", "admin", "--name", "x", "--scope", "some"), exitUsage, "scope"},
		{key("revoke", "nobody"), exitFailed, "nobody"},
		{key("revoke"), exitUsage, "key"},
	} {
		if exit, _, says := morag(t, tt.args...); exit != tt.exit || !strings.Contains(says, tt.says) {
			t.Errorf("%v: exit %d, %q; want %d and %q", tt.args, exit, says, tt.exit, tt.says)
		}
	}
	if exit, says, _ := morag(t, key("revoke", id)...); exit != 0 || !strings.Contains(says, id) {
		t.Errorf("revoke by id: exit %d, %q", exit, says)
	}
	_, raw, _ := morag(t, key("list", "--json")...)
	var list struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(raw), &list); err != nil || len(list.Keys) != 2 {
		t.Fatalf("%v: %s", err, raw)
	}
	first, second := list.Keys[0], list.Keys[1]
	if first["id"] != id || first["revoked_at"] == nil || first["scope"] != "own" || first["role"] != "client" || first["last_used"] != nil {
		t.Errorf("the first key is %v", first)
	}
	if second["revoked_at"] != nil || second["scope"] != "all" {
		t.Errorf("the second key is %v", second)
	}
	_, table, _ := morag(t, key("list")...)
	secret := strings.Split(strings.TrimSpace(text), "_")[2]
	if !strings.Contains(table, "alice") || strings.Contains(table+raw, secret) || strings.Contains(strings.ToLower(raw), "hash") {
		t.Errorf("listed:\n%s%s", table, raw)
	}
}
