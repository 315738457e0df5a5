package localecs

import "time"

// SetAhead puts the server's clock ahead of this machine's, or behind it, from
// the next call on. Clients see it in the times of tasks and in the Date of
// every answer.
func (s *Server) SetAhead(by time.Duration) { s.ahead.Store(int64(by)) }

// now is the time for everything that takes hours.
func (s *Server) now() time.Time { return s.config.now().Add(time.Duration(s.ahead.Load())) }
