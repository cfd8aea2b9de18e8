// postern: the admin's command.
#include "cmd/postern/dispatch.h"

int main(int argc, char** argv) {
  return postern::cli::dispatch(argc, argv);
}
