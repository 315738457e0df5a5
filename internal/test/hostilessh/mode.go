// Package hostilessh is an SSH server that holds back one thing that a client
// waits for, or overdoes it, and is well-behaved otherwise.
package hostilessh

// Mode is what a server holds back or overdoes.
type Mode string

// The modes, in the order in which a connection gets to them.
const (
	VersionWithheld Mode = "no version line"
	VersionSlow     Mode = "a version line byte by byte"
	VersionEndless  Mode = "a version line without end"
	BannerEndless   Mode = "a banner without end"

	KeyExchangeWithheld Mode = "no end of the key exchange"
	AuthWithheld        Mode = "no answer to the key"
	AuthBannersEndless  Mode = "messages without end before the answer to the key"

	// ConnectionDropped closes the connection.
	ConnectionDropped Mode = "no connection after the request for a session"
	ChannelWithheld   Mode = "no answer to the request for a session"
	ChannelRefused    Mode = "no session"
	CommandWithheld   Mode = "no answer to the command"
	CommandRefused    Mode = "no command"
	// WindowWithheld takes no input in any session, SecondWindowWithheld in all
	// but the first.
	WindowWithheld       Mode = "no window"
	SecondWindowWithheld Mode = "no window for a second session"
	ReadsNothing         Mode = "nothing is read after the command"

	StatusWithheld Mode = "no exit status"
	StatusEndless  Mode = "exit statuses without end"
	// StallAfterStatus neither reads nor writes any more.
	StallAfterStatus Mode = "nothing after the exit status"
	OutputAfterwards Mode = "output without end after the exit status"
	OutputEndless    Mode = "output without end"
	StderrEndless    Mode = "error output without end"

	KeepAliveWithheld Mode = "no answer to a keepalive"
	RequestsEndless   Mode = "requests for answers without end"
	RekeyWithheld     Mode = "no end of a second key exchange"
	RekeyEndless      Mode = "a key exchange for every few bytes"
)

// BeforeLogin are the modes in which nobody gets to a session.
var BeforeLogin = []Mode{
	VersionWithheld, VersionSlow, VersionEndless, BannerEndless,
	KeyExchangeWithheld, AuthWithheld, AuthBannersEndless,
}

// AfterLogin are the others.
var AfterLogin = []Mode{
	ConnectionDropped, ChannelWithheld, ChannelRefused, CommandWithheld, CommandRefused,
	WindowWithheld, SecondWindowWithheld, ReadsNothing,
	StatusWithheld, StatusEndless, StallAfterStatus, OutputAfterwards, OutputEndless, StderrEndless,
	KeepAliveWithheld, RequestsEndless, RekeyWithheld, RekeyEndless,
}
