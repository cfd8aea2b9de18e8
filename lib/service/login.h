// What every front end does alike around a login: STARTTLS, and the lines of the log that an administrator searches for.
// Runs in: imapd, pop3d, managesieved, lmtpd.  Tests: t/protocol/test_hostile_peers.py (S08), t/protocol/test_sasl.py
#pragma once
#include <string>
#include <string_view>

#include "io/task.h"
#include "service/daemon.h"

namespace postern::service {

// `user` has logged in: `postern who` and the log know it.
void logged_in(Connection& c, const std::string& user);
// `code`: authd's, or what the protocol has for it.
void login_failed(const Connection& c, std::string_view code);

// Sends `answer` ("220 go ahead\r\n") and does the handshake, with the certificate of now.  What came behind the command in
// clear text is an injection (CVE-2021-33515 and its family): it is never read.  False: the connection is closed, and
// the log says why.
// REQUIRES: TLS is not on and the daemon has a certificate.
io::Task<bool> start_tls(Connection& c, Daemon& daemon, std::string answer);

}  // namespace postern::service
