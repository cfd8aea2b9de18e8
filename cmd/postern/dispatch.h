// From the command line to a verb of the table; `postern foo` also runs postern-foo found in libexec or PATH.
#pragma once

namespace postern::cli {
int dispatch(int argc, char** argv);
}
