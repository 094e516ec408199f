"""Which variables published images set for whatever runs in them: the `ENV` lines of their public build files."""

from __future__ import annotations

from sifcheck.base.startup import pattern

_CUDA = (
    "CUDA_VERSION NVARCH NVIDIA_REQUIRE_CUDA NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES LIBRARY_PATH NCCL_VERSION "
    "NVIDIA_PRODUCT_NAME CUDNN_VERSION CUDA_PKG_VERSION"
)
_ONEAPI = (
    "ACL_BOARD_VENDOR_PATH ADVISOR_2021_DIR APM CCL_CONFIGURATION CCL_ROOT CLASSPATH CLCK_ROOT CMAKE_PREFIX_PATH "
    "CMPLR_ROOT CPATH CPLUS_INCLUDE_PATH DAALROOT DALROOT DAL_MAJOR_BINARY DAL_MINOR_BINARY DNNLROOT DPCT_BUNDLE_ROOT "
    "DPL_ROOT FI_PROVIDER_PATH FPGA_VARS_ARGS FPGA_VARS_DIR GDB_INFO INFOPATH INSPECTOR_2021_DIR INTELFPGAOCLSDKROOT "
    "INTEL_LICENSE_FILE INTEL_PYTHONHOME IPPCP_TARGET_ARCH IPPCRYPTOROOT IPPROOT IPP_TARGET_ARCH I_MPI_ROOT LANG "
    "LIBRARY_PATH MANPATH MKLROOT NLSPATH OCL_ICD_FILENAMES ONEAPI_ROOT PKG_CONFIG_PATH PYTHONPATH SETVARS_COMPLETED "
    "TBBROOT USE_DPL_GLIBC VTUNE_PROFILER_2021_DIR VT_ADD_LIBS VT_LIB_DIR VT_MPI VT_ROOT VT_SLIB_DIR"
)
_NGC = (
    f"{_CUDA} BASH_ENV ENV LANG LC_ALL PYTHONIOENCODING CUDA_HOME CUDA_CACHE_DISABLE CUDA_DRIVER_VERSION JUPYTER_PORT "
    "TENSORBOARD_PORT OMPI_MCA_coll_hcoll_enable OPAL_PREFIX OPENMPI_VERSION UCX_VERSION TORCH_CUDA_ARCH_LIST PYTORCH_HOME "
    "PYTORCH_VERSION PYTORCH_BUILD_VERSION TENSORFLOW_VERSION TF_ENABLE_AUTO_MIXED_PRECISION"
)

# repository: what its images set besides PATH; a pattern is matched against the whole name, a registry aside.
# Source: the build files of the official images (docker-library), and those that NVIDIA, Intel, Jupyter, Rocker, Anaconda,
# conda-forge, PyTorch and TensorFlow publish.
_IMAGES = tuple(
    (pattern(names), frozenset(f"PATH {variables}".split()))
    for names, variables in (
        (r"python", "LANG GPG_KEY PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION PYTHON_SETUPTOOLS_VERSION"),
        (r"gcc", "GCC_VERSION"),
        (r"golang", "GOPATH GOLANG_VERSION GOTOOLCHAIN"),
        (r"rust", "RUSTUP_HOME CARGO_HOME RUST_VERSION"),
        (r"node", "NODE_VERSION YARN_VERSION"),
        (r"julia", "JULIA_PATH JULIA_VERSION JULIA_GPG"),
        (r"(?:r-base|rocker/r-base)", "LC_ALL LANG R_BASE_VERSION"),
        (r"ruby", "LANG RUBY_VERSION GEM_HOME BUNDLE_SILENCE_ROOT_WARNING BUNDLE_APP_CONFIG"),
        (r"(?:openjdk|eclipse-temurin|amazoncorretto)", "JAVA_HOME LANG LANGUAGE LC_ALL JAVA_VERSION"),
        (r"maven", "JAVA_HOME LANG LANGUAGE LC_ALL MAVEN_HOME MAVEN_CONFIG JAVA_VERSION"),
        (r"buildpack-deps|haskell|perl", "LANG"),
        (r"(?:rockylinux|almalinux|oraclelinux|amazonlinux)/.*", ""),
        (r"(?:centos|fedora)/.*", "container LANG DISTTAG FGC"),
        (r"continuumio/(?:mini|ana)conda3?", "LANG LC_ALL"),
        (
            r"condaforge/(?:miniforge|mambaforge).*",
            "CONDA_DIR LANG LC_ALL MINIFORGE_NAME MINIFORGE_VERSION",
        ),
        (
            r"mambaorg/micromamba",
            "LANG LC_ALL ENV_NAME MAMBA_ROOT_PREFIX MAMBA_EXE MAMBA_USER MAMBA_USER_ID MAMBA_USER_GID",
        ),
        (
            r"jupyter/.*",
            "CONDA_DIR SHELL NB_USER NB_UID NB_GID LC_ALL LANG LANGUAGE HOME JUPYTER_PORT XDG_CACHE_HOME DEBIAN_FRONTEND",
        ),
        (
            r"(?:rocker|bioconductor)/.*",
            "LANG LC_ALL TZ R_HOME R_VERSION CRAN S6_VERSION RSTUDIO_VERSION PANDOC_VERSION QUARTO_VERSION TERM",
        ),
        (r"nvidia/(?:cuda|cudagl|opengl|cuda-ppc64le)", f"{_CUDA} LD_LIBRARY_PATH"),
        (r"nvidia/.*", f"{_NGC} LD_LIBRARY_PATH"),
        (r"pytorch/pytorch", f"{_CUDA} LD_LIBRARY_PATH PYTORCH_VERSION"),
        (r"tensorflow/tensorflow:.*gpu.*", f"{_CUDA} LANG LD_LIBRARY_PATH"),
        (r"tensorflow/tensorflow", "LANG"),
        (r"intel/(?:oneapi|hpckit|basekit|aikit|intelpython).*", f"{_ONEAPI} LD_LIBRARY_PATH"),
        (r"rocm/.*", "LD_LIBRARY_PATH ROCM_PATH LANG LC_ALL PYTORCH_VERSION"),
    )
)


def exported_by(repository: str, tag: str) -> frozenset[str] | None:
    """The variables that an image sets; None for a repository that the table does not know."""
    written = (repository, f"{repository}:{tag}")
    return next((names for words, names in _IMAGES if any(map(words.fullmatch, written))), None)


COMMONLY_EXPORTED = frozenset().union(*(names for _, names in _IMAGES))
"""What some image sets: of an image that the table does not know, nobody can say that it does not."""
