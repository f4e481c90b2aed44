package billing_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const password = "correct-horse-battery"

// postgresServer starts a PostgreSQL of Debian's packages on loopback, and
// returns its DSN. It ends with the test, which is skipped without the package.
func postgresServer(tb testing.TB) string {
	tb.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		if os.Getenv("SLACTL_REQUIRE_PROGRAMS") == "1" {
			tb.Fatal("PostgreSQL is not installed (apt-get install postgresql)")
		}
		tb.Skip("PostgreSQL is not installed (apt-get install postgresql)")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "slactl-postgres-") // another user can enter it, unlike the test's own
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		tb.Fatal(err)
	}
	as := unprivileged(tb, dir)
	data := filepath.Join(dir, "data")
	if out, err := as(exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "finance", "--pwfile="+secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "-N")).CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	server := as(exec.Command(found[len(found)-1], "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off"))
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = server.Wait()
	})
	dsn := fmt.Sprintf("postgres://finance:%s@127.0.0.1:%d/postgres?sslmode=disable", password, port)
	for range 200 {
		if conn, err := pgx.Connect(tb.Context(), dsn); err == nil {
			_ = conn.Close(tb.Context())
			return dsn
		}
		time.Sleep(50 * time.Millisecond)
	}
	tb.Fatalf("PostgreSQL does not answer:\n%s", log.String())
	return ""
}

// unprivileged makes commands run as the user postgres where the test runs as
// root, which the server refuses.
func unprivileged(tb testing.TB, dir string) func(*exec.Cmd) *exec.Cmd {
	tb.Helper()
	if os.Geteuid() != 0 {
		return func(c *exec.Cmd) *exec.Cmd { return c }
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		tb.Fatal(err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		tb.Fatal(err)
	}
	return func(c *exec.Cmd) *exec.Cmd {
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return c
	}
}
