package gateway

import (
	"net"
	"testing"
)

// visit is a connection of which the other end is here.
func visit(l *lobby) (*visitor, net.Conn) {
	server, client := net.Pipe()
	return l.enter(server), client
}

func closed(conn net.Conn) bool {
	_, err := conn.Write([]byte("x"))
	return err != nil
}

func TestLobby_Full_TheOldestSilentOneGoes(t *testing.T) {
	t.Parallel()
	var l lobby
	first, firstClient := visit(&l)
	go func() { _, _ = firstClient.Write([]byte("SSH-2.0-x")) }()
	if _, err := first.Read(make([]byte, 9)); err != nil {
		t.Fatal(err)
	}
	var clients []net.Conn
	for range maxVisitors {
		_, client := visit(&l)
		clients = append(clients, client)
	}
	if !closed(clients[0]) {
		t.Error("the oldest silent one is still there")
	}
	go func() { _, _ = first.Read(make([]byte, 1)) }()
	if closed(firstClient) {
		t.Error("the one that has spoken is gone")
	}
	if len(l.visitors) != maxVisitors {
		t.Errorf("%d visitors", len(l.visitors))
	}
	l.leave(first)
	l.leave(first)
	if len(l.visitors) != maxVisitors-1 {
		t.Errorf("%d visitors after one has left", len(l.visitors))
	}
	l.clear()
	if !closed(clients[1]) {
		t.Error("a visitor is left")
	}
}

func TestLobby_AllHaveSpoken_TheOldestGoes(t *testing.T) {
	t.Parallel()
	var l lobby
	var clients []net.Conn
	for range maxVisitors + 1 {
		v, client := visit(&l)
		v.spoke.Store(true)
		clients = append(clients, client)
	}
	if !closed(clients[0]) {
		t.Error("the oldest is still there")
	}
}

// from is a connection of a client with another address.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(f.address), Port: 1} }

func TestLobby_OneAddressHasMost_OnlyItsConnectionsGo(t *testing.T) {
	t.Parallel()
	var l lobby
	server, client := net.Pipe()
	runner := l.enter(from{server, "192.0.2.1"})
	for range 3 * maxVisitors {
		crowd, _ := net.Pipe()
		l.enter(from{crowd, "192.0.2.2"}).spoke.Store(true)
	}
	go func() { _, _ = runner.Read(make([]byte, 1)) }()
	if closed(client) {
		t.Error("the connection of the other address is gone")
	}
	if len(l.visitors) != maxVisitors {
		t.Errorf("%d visitors", len(l.visitors))
	}
}
