# The course, set up: the first build takes some 25 minutes on two cores, a start some seconds.
#
#   docker build --tag segmenta .
#   docker run --rm --init --publish 127.0.0.1:8888:8888 --volume segmenta-work:/home/learner/segmenta/work segmenta
#
# The lab says its address, with the token that opens it: http://127.0.0.1:8888/lab?token=...
# .devcontainer/ and Binder build from this file too. Binder names the user, and calls `jupyter` itself.
# It wants BuildKit, which Docker has had for its own since version 23.
FROM rust:1.95.0-slim-bookworm

# Chromium saves figures as PNG and SVG. Debian keeps no older versions, so none are named.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates chromium fonts-dejavu-core git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# The compiler of this image, and not the newest one that rust-toolchain.toml would fetch.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup component add clippy rustfmt rust-src

ARG NB_USER=learner
ARG NB_UID=1000
ENV HOME=/home/$NB_USER
RUN useradd --create-home --home-dir "$HOME" --shell /bin/bash --uid "$NB_UID" "$NB_USER" \
    && install --directory --owner="$NB_UID" "$HOME/segmenta"
USER $NB_USER
WORKDIR $HOME/segmenta

# What the library and the kernel are built from, which takes the time; a lesson that changes does not repeat it.
COPY --chown=$NB_UID Cargo.toml Cargo.lock rust-toolchain.toml README.md ./
COPY --chown=$NB_UID .cargo .cargo
COPY --chown=$NB_UID src src
COPY --chown=$NB_UID languages languages
COPY --chown=$NB_UID benches benches
COPY --chown=$NB_UID cli cli
COPY --chown=$NB_UID spark spark
COPY --chown=$NB_UID xtask xtask
RUN cargo xtask set-up

COPY --chown=$NB_UID . .
# A lesson runs here once, so that an image that was made is one that works.
RUN cargo xtask set-up && cargo xtask run 01 && rm -rf target/lessons

# What Binder starts; the lab itself does without.
ENV PATH=$HOME/segmenta/target/lab/venv/bin:$PATH
RUN python -m pip install --quiet --no-cache-dir --constraint xtask/kernel/requirements.txt notebook==7.6.5

EXPOSE 8888
CMD ["cargo", "xtask", "lab", "--no-browser", "--ip", "0.0.0.0"]
